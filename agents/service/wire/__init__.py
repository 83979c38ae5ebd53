"""The shapes on the wire: what the HTTP service takes and gives. Imports pydantic alone.

This is the one part of the lower rooms that the terminal's app side may see; it must stay light to import. A module
for each thing that has shapes; the audit's are asked for by their own name.
"""

from agents.service.wire.about import AboutView, AgentView, LossView, MeView, Problem
from agents.service.wire.feedback import EditView, GiveFeedback, WithdrawFeedback
from agents.service.wire.nights import NightView
from agents.service.wire.rollouts import (
    AlarmView,
    ArmView,
    ChangeRollout,
    EndRollout,
    RolloutView,
    ShadowView,
    StartRollout,
)
from agents.service.wire.runs import (
    ConversationDetail,
    ConversationPage,
    ConversationView,
    CutView,
    DeltaView,
    EventPage,
    EventView,
    FiguresView,
    PieceView,
    RunDetail,
    RunPage,
    RunView,
    StartRun,
    StatsView,
)
from agents.service.wire.shape import Key, Shape, Status
from agents.service.wire.tools import AcceptDrift, ToolChangeView, ToolListView, TriedView
from agents.service.wire.versions import (
    BundleView,
    Decide,
    DiffLineView,
    FlipView,
    ProposalView,
    RollBack,
    SignatureView,
)
from agents.service.wire.waiting import (
    AnswerQuestion,
    ApprovalContext,
    ApprovalView,
    DecideApproval,
    DecideOutcome,
    EarlierCall,
    QuestionView,
    WaitingView,
)

__all__ = [
    "AboutView",
    "AcceptDrift",
    "AgentView",
    "AlarmView",
    "AnswerQuestion",
    "ApprovalContext",
    "ApprovalView",
    "ArmView",
    "BundleView",
    "ChangeRollout",
    "ConversationDetail",
    "ConversationPage",
    "ConversationView",
    "CutView",
    "Decide",
    "DecideApproval",
    "DecideOutcome",
    "DeltaView",
    "DiffLineView",
    "EarlierCall",
    "EditView",
    "EndRollout",
    "EventPage",
    "EventView",
    "FiguresView",
    "FlipView",
    "GiveFeedback",
    "Key",
    "LossView",
    "MeView",
    "NightView",
    "PieceView",
    "Problem",
    "ProposalView",
    "QuestionView",
    "RollBack",
    "RolloutView",
    "RunDetail",
    "RunPage",
    "RunView",
    "ShadowView",
    "Shape",
    "SignatureView",
    "StartRollout",
    "StartRun",
    "StatsView",
    "Status",
    "ToolChangeView",
    "ToolListView",
    "TriedView",
    "WaitingView",
    "WithdrawFeedback",
]
