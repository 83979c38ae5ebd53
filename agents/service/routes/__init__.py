"""The routes, a module for each thing they are about; their shapes are in `agents.service.wire`.

Routes (all below /v1 but the first two; every list is newest first unless it says otherwise):
  GET  /health                       200 as soon as the process answers; needs no token
  GET  /ready                        200 when database and workspace can be used, else 503
  GET  /v1/about                     AboutView
  GET  /v1/me                        MeView            who asks, and what that one may
  GET  /v1/agents                    list[AgentView]
  GET  /v1/agents/{agent}/decisions  list[EventView]   the agent's decision stream, oldest first
  POST /v1/agents/{agent}/rollback   RollBack -> BundleView (the one that is live now)
  GET  /v1/agents/{agent}/governance   GovernanceView  the rules for decisions, in force and as the file has them
  POST /v1/agents/{agent}/governance   ChangeGovernance -> GovernanceView; takes an admin
  GET  /v1/tokens                    list[TokenView]   never what they are
  POST /v1/tokens                    CreateToken -> 201 NewTokenView, with the secret this once
  POST /v1/tokens/{id}/revoke        RevokeToken -> TokenView
  GET  /v1/runs?q=&after=&limit=     RunPage           q: the filter language; limit 1 to 1,000. Instead of after:
                                     before= (newer ones), at= (a time: those that had begun by then), oldest=true
  POST /v1/runs                      StartRun -> 200 RunDetail at its end (wait; how it ended is in run.status),
                                     with stream the run's stream, as below; else 202 RunDetail at once.
                                     Idempotency-Key: the same key gives the same run
  GET  /v1/runs/{id}                 RunDetail         an id, its start or its last characters
  GET  /v1/runs/{id}/events?after=&limit=   EventPage  after: seq
  GET  /v1/runs/{id}/spans           the spans as they were sent, of a run that came over OpenTelemetry
  GET  /v1/conversations?after=&limit=   ConversationPage   the one with the newest turn first
  GET  /v1/conversations/{id}        ConversationDetail   with its turns, oldest first
  DELETE /v1/conversations/{id}?reason=&by=&dry_run=   ErasureView   its words, everywhere; 409 while one is
                                     being worked on, or while a version that serves quotes it
  GET  /v1/stats?q=&by=&limit=       StatsView   by: all, agent, bundle, conversation, status, origin, hour, day
  POST /v1/traces                    OTLP/HTTP, protobuf or JSON: answered when the spans are on disk
  GET  /v1/runs/{id}/stream          SSE: `event: fact` EventView with id:, `event: delta` DeltaView, `event: end`
  POST /v1/runs/{id}/feedback        GiveFeedback -> RunView
  POST /v1/runs/{id}/feedback/withdraw   WithdrawFeedback -> RunView; without an id the newest of one's own
  GET  /v1/agreement?q=&on=          how far reviewers agree; on: score or label
  GET  /v1/queues                    list[QueueView]   runs that several people are to judge
  POST /v1/queues                    OpenQueue -> 201 QueueView
  GET  /v1/queues/{name}             QueueDetail       with agreement and the runs in dispute
  GET  /v1/queues/{name}/next?after= QueueTurn         the next run that whoever asks may judge
  POST /v1/queues/{name}/close       CloseQueue -> QueueView
  POST /v1/outcomes                  [{conversation or run, outcome, score?, comment?, at?}]; told again is known
  POST /v1/runs/{id}/cancel          -> RunView
  POST /v1/runs/{id}/resume?wait=    -> RunDetail, 202 unless wait
  POST /v1/runs/{id}/outcome?wait=   DecideOutcome -> RunDetail, 202 unless wait or more calls are unknown
  GET  /v1/approvals                 list[ApprovalView]   calls that wait for a person, the oldest run's first
  GET  /v1/waiting?limit=            list[WaitingView]    all that waits for a person, oldest first
  GET  /v1/approvals/{id}            ApprovalView      RUN:NUMBER, decided or not
  GET  /v1/approvals/{id}/context?earlier=  ApprovalContext
  POST /v1/approvals/{id}/decision   DecideApproval -> ApprovalView; after the last one its run goes on
  GET  /v1/questions                 list[QuestionView]   questions of tool servers, the oldest run's first
  GET  /v1/questions/{id}            QuestionView      RUN:NUMBER, answered or not
  POST /v1/questions/{id}/answer     AnswerQuestion -> QuestionView; after the last one its run goes on
  GET  /v1/feed?after=&kinds=        SSE over all streams: `event: fact`; honours Last-Event-ID and ?after= (an id);
                                     without either it begins now. kinds: names with commas between them
  GET  /v1/playground?limit=         list[PlayView]
  POST /v1/playground                StartPlay -> 202 PlayView: one input through several versions and models;
                                     nothing that changes something is called. Idempotency-Key as for runs
  GET  /v1/playground/{id}           PlayView
  GET  /v1/bundles?agent=&limit=     list[BundleView]
  GET  /v1/bundles/{digest}          BundleView        a digest or its first characters
  GET  /v1/bundles/{digest}/diff?against=   list[DiffLineView]   against: default its parent
  GET  /v1/proposals?agent=          list[ProposalView]
  GET  /v1/proposals/{digest}        ProposalView
  POST /v1/proposals/{digest}/decision   Decide -> ProposalView; approve makes it live
  GET  /v1/rollouts?agent=&limit=    list[RolloutView]
  POST /v1/rollouts                  StartRollout -> 201 RolloutView; another one under way is a conflict (409)
  GET  /v1/rollouts/{id}             RolloutView       an id, or its first characters
  POST /v1/rollouts/{id}/change      ChangeRollout -> RolloutView
  POST /v1/rollouts/{id}/decision    EndRollout -> RolloutView
  GET  /v1/rollouts/{id}/events?after=&limit=   EventPage
  GET  /v1/tools?agent=              list[ToolListView]   what servers offer the live versions; drift as a diff
  POST /v1/tools/{server}/accept     AcceptDrift -> ToolListView
  GET  /v1/runs/{id}/why             WhyView           the version, what it stands on, and who decided so
  GET  /v1/audit?before=&agent=&kinds=&limit=   AuditPage   before: an id. kinds: names with commas between them
  GET  /v1/audit/{id}                AuditDetail       with the text that was shown when it was decided
  GET  /v1/nights?agent=&limit=      list[NightView]
  GET  /v1/nights/{id}/events?after=&limit=   EventPage
Every error is a Problem as application/problem+json.
"""
