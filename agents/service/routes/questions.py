"""Questions of tool servers that wait for a person, and the person's answer."""

import asyncio

from fastapi import APIRouter

from agents.questions import get_question, list_questions
from agents.service.control import answer_asked
from agents.service.deps import Limit, Name, Parts
from agents.service.sight import runs_seen
from agents.service.views import question_view
from agents.service.wire import AnswerQuestion, QuestionView

router = APIRouter(prefix="/v1/questions", tags=["questions"])


@router.get("")
def list_waiting(parts: Parts, limit: Limit = 1000) -> list[QuestionView]:
    """Questions that nobody has answered, the oldest run's first."""
    with parts.database.reading() as session:
        found = list_questions(session, where=runs_seen(parts.caller), limit=limit)
        return [question_view(session, one) for one in found]


@router.get("/{question}")
def get(parts: Parts, question: Name) -> QuestionView:
    """One question, answered or not, by RUN:NUMBER."""
    with parts.database.reading() as session:
        return question_view(session, get_question(session, question))


@router.post("/{question}/answer")
async def answer(parts: Parts, question: Name, given: AnswerQuestion) -> QuestionView:
    """Fill in the form, decline, or dismiss the question. After the last answer its run goes on."""
    await answer_asked(parts, question, given)
    return await asyncio.to_thread(get, parts, question)
