"""A tool server's question as the run meets it: put on record where it came up, and answered from there.

The run's side; what people see of questions and answer is in `agents.questions`.
"""

from datetime import UTC, datetime

from agents.journal import Journal
from agents.questions import EXPIRES_AFTER, answer_needed
from agents.recording import Recording
from tools.questions import Answer, Answers, Question
from traces.events import QuestionAsked, ToolCalled


def record_question(journal: Journal, call: ToolCalled, question: Question) -> None:
    """Put on record that a call ended with a question; the run comes to wait before its next step."""
    asked = QuestionAsked(
        op=f"question/{len(journal.recording.inquiries) + 1}", step=call.step, call_op=str(call.op), tool=call.tool,
        server=call.server, message=question.message, form=question.schema, url=question.url,
        digest=question.digest, expires_at=datetime.now(UTC) + EXPIRES_AFTER,
    )  # fmt: skip
    journal.record(asked)
    journal.stop_before_next(answer_needed(journal.run_id, journal.recording))


def answers_of(recording: Recording, call_op: str) -> Answers:
    """What was answered to the questions of one call, by digest of the question."""
    told: dict[str, tuple[Answer, ...]] = {}
    for one in recording.answers_for(call_op):
        assert one.answer is not None
        before = told.get(one.question.digest, ())
        told[one.question.digest] = (*before, Answer(one.answer.action, one.answer.content))
    return told
