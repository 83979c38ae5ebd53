CREATE TABLE public.blobs (
    digest character varying(80) NOT NULL,
    size bigint NOT NULL,
    codec character varying(10) NOT NULL,
    data bytea NOT NULL
);
COMMENT ON COLUMN public.blobs.size IS 'bytes of the text before compression';
CREATE TABLE public.bundles (
    digest character varying(80) NOT NULL,
    agent character varying(120) NOT NULL,
    content text NOT NULL,
    parent character varying(80),
    author character varying(120) NOT NULL,
    author_kind character varying(20) NOT NULL,
    note text NOT NULL,
    state character varying(20) NOT NULL,
    evidence character varying(80),
    created_at bigint NOT NULL,
    merged text
);
COMMENT ON COLUMN public.bundles.content IS 'JSON text; the digest is taken over it';
COMMENT ON COLUMN public.bundles.evidence IS 'digest of the newest evidence';
COMMENT ON COLUMN public.bundles.merged IS 'JSON list of the parents beside the first';
CREATE TABLE public.events (
    id bigint NOT NULL,
    stream character varying(120) NOT NULL,
    seq integer NOT NULL,
    kind character varying(40) NOT NULL,
    step integer,
    op character varying(300),
    attempt integer,
    at bigint NOT NULL,
    payload text NOT NULL,
    hash character varying(64) NOT NULL
);
COMMENT ON COLUMN public.events.id IS 'order of arrival over all streams';
COMMENT ON COLUMN public.events.stream IS 'a run, an agent''s decisions, or a night';
COMMENT ON COLUMN public.events.seq IS '1, 2, 3 … without a gap within the stream';
COMMENT ON COLUMN public.events.hash IS 'SHA-256 over the previous hash and this row';
CREATE SEQUENCE public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.events_id_seq OWNED BY public.events.id;
CREATE TABLE public.knocks (
    method character varying(20) NOT NULL,
    why character varying(200) NOT NULL,
    times integer NOT NULL
);
COMMENT ON TABLE public.knocks IS 'Requests without a known token that are not in the audit yet.';
COMMENT ON COLUMN public.knocks.times IS 'since they were written down last';
CREATE TABLE public.leases (
    name character varying(160) NOT NULL,
    owner character varying(120) NOT NULL,
    until bigint NOT NULL
);
COMMENT ON TABLE public.leases IS 'Who works on what right now. Not history: it may be lost without loss.';
COMMENT ON COLUMN public.leases.name IS 'what is owned: a run or a night';
CREATE TABLE public.live_bundles (
    agent character varying(120) NOT NULL,
    digest character varying(80) NOT NULL,
    source character varying(80) NOT NULL,
    changed_at bigint NOT NULL
);
COMMENT ON COLUMN public.live_bundles.source IS 'digest of the definition it grew from';
CREATE TABLE public.losses (
    day character varying(10) NOT NULL,
    what character varying(20) NOT NULL,
    why character varying(40) NOT NULL,
    count bigint NOT NULL,
    last_at bigint NOT NULL,
    example text NOT NULL
);
COMMENT ON TABLE public.losses IS 'What could not be stored, counted. Not of the chain: what is not there has no place in it.';
COMMENT ON COLUMN public.losses.day IS 'UTC, such as 2026-01-31';
COMMENT ON COLUMN public.losses.what IS 'spans, requests or writes';
COMMENT ON COLUMN public.losses.example IS 'what was said of the newest';
CREATE TABLE public.rollout_conversations (
    agent character varying(120) NOT NULL,
    conversation_id character varying(120) NOT NULL,
    rollout character varying(80) NOT NULL,
    arm character varying(20) NOT NULL,
    share double precision NOT NULL,
    at bigint NOT NULL,
    counted integer NOT NULL
);
COMMENT ON TABLE public.rollout_conversations IS 'Which arm of which rollout a conversation belongs to, for good.';
COMMENT ON COLUMN public.rollout_conversations.share IS 'the chance it had of going to the candidate';
COMMENT ON COLUMN public.rollout_conversations.counted IS '1 when what came of it is on record';
CREATE TABLE public.rollouts (
    id character varying(80) NOT NULL,
    agent character varying(120) NOT NULL,
    active character varying(120),
    mode character varying(20) NOT NULL,
    candidate character varying(80) NOT NULL,
    control character varying(80) NOT NULL,
    share double precision NOT NULL,
    control_share double precision NOT NULL,
    exposure integer NOT NULL,
    exposed integer NOT NULL,
    outcome character varying(20),
    plan text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint
);
COMMENT ON COLUMN public.rollouts.active IS 'the agent while it is under way, then nothing: one at a time';
COMMENT ON COLUMN public.rollouts.share IS 'of conversations that go to the candidate';
COMMENT ON COLUMN public.rollouts.control_share IS 'of conversations that it is compared with';
COMMENT ON COLUMN public.rollouts.exposure IS 'conversations that the candidate may get at most';
COMMENT ON COLUMN public.rollouts.exposed IS 'conversations that it got';
COMMENT ON COLUMN public.rollouts.plan IS 'JSON';
CREATE TABLE public.run_marks (
    mark character varying(200) NOT NULL,
    run_id character varying(120) NOT NULL
);
COMMENT ON TABLE public.run_marks IS 'What was noticed or said of runs in a word: computed from events, for the filter language.';
COMMENT ON COLUMN public.run_marks.mark IS 'signal:…, outcome:… or label:…';
CREATE TABLE public.run_tools (
    tool character varying(200) NOT NULL,
    run_id character varying(120) NOT NULL
);
COMMENT ON TABLE public.run_tools IS 'Which runs called which tools: computed from events, for the filter language.';
CREATE TABLE public.runs (
    id character varying(120) NOT NULL,
    agent character varying(120) NOT NULL,
    bundle character varying(80) NOT NULL,
    conversation_id character varying(120) NOT NULL,
    parent_run_id character varying(120),
    origin character varying(20) NOT NULL,
    status character varying(20) NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    steps integer NOT NULL,
    tool_calls integer NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost double precision,
    divergences integer NOT NULL,
    feedback integer NOT NULL,
    score double precision,
    error text,
    input text NOT NULL,
    output text,
    events integer NOT NULL,
    erased_at bigint,
    model character varying(200) DEFAULT ''::character varying NOT NULL
);
COMMENT ON COLUMN public.runs.feedback IS 'number of judgements';
COMMENT ON COLUMN public.runs.score IS 'the newest score given';
COMMENT ON COLUMN public.runs.input IS 'the first characters, for lists';
COMMENT ON COLUMN public.runs.output IS 'the first characters, for lists';
COMMENT ON COLUMN public.runs.erased_at IS 'when its words were erased';
COMMENT ON COLUMN public.runs.model IS 'that replied last';
CREATE TABLE public.strop_revision (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.tokens (
    id character varying(40) NOT NULL,
    name character varying(120) NOT NULL,
    role character varying(20) NOT NULL,
    agents text,
    secret character varying(80) NOT NULL,
    created_by character varying(120) NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);
COMMENT ON COLUMN public.tokens.name IS 'whose it is: what they do is signed with it';
COMMENT ON COLUMN public.tokens.agents IS 'JSON list of names; NULL: all';
COMMENT ON COLUMN public.tokens.secret IS 'digest of the secret, which is kept nowhere';
CREATE TABLE public.tool_lists (
    bundle character varying(80) NOT NULL,
    server character varying(120) NOT NULL,
    digest character varying(80) NOT NULL,
    standing character varying(20) NOT NULL,
    at bigint NOT NULL
);
COMMENT ON TABLE public.tool_lists IS 'What servers were found to offer a version: the fold of the stream `tools`.';
COMMENT ON COLUMN public.tool_lists.digest IS 'of what the server offered';
COMMENT ON COLUMN public.tool_lists.standing IS 'pinned, drifted or accepted';
CREATE TABLE public.words (
    id bigint NOT NULL,
    text tsvector NOT NULL
);
ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);
INSERT INTO public.blobs VALUES ('sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411', 802, 'zlib', '\x785e530acf482d4a55c82c56c8ad5428c8cfc94caeb45718151b0d83d17400c90b4a00e0761a34');
INSERT INTO public.blobs VALUES ('sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 957, 'zlib', '\x785eab562a4b2d4ac94c2e51b2524a4a2d29492d52d20132d2f28b5295ac0cf48c749412d3408240b6998e52516a62717e5eb19255b45266894266b1025ccb2877343446130324fbd0292fc4d6020082863a73');
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795658619142570, NULL);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"usHwAZUs_eBmgPOi","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","metadata":{"channel":"mail"},"input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802}}', '0829d9b8015d10973c77644b2ba2a3bec2157ede456316f0d30d6f5ea1ebdc0f');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"Ly2U1s75rHvhFzcH","model":"scripted","fingerprint":"f1"}', '428a237292f5ff2922e54637850c75d3fec9eb0da8e7975b4894214a593de6ec');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"SZYOEifZRK0ijF0I","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '35348f319d3aca63707740a15732a1b45cd952412182ee765afd845fd76c3f3a');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"rfndexzDI8Cx8-of","output":"Good morning!","seconds":1.0}', '3d8effb4151de5ff46fe503dc4fea226c241a68c98e3d17811df983fc5c963f0');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"OQ0wpSgFgxwmiJUL","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', 'ae012734d37e050f09a63e9b82cc51a1cd91c423522c7bb27cf5e06e0a7b06ea');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"YF7vzEE5LHuC0eA9","model":"scripted","fingerprint":"f1"}', '0f618b66d7f7d1b2b426d901df4254b6d303ae9a88076cf2874538ed87b055eb');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"ZvSL7ZON5vJnPEh1","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'c91afbd1a4feab856c05fc035f845075ce4374d0b1cd468982ee03de389b3338');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"0lgy19z6jsT0hipt","error":"RunFailed","message":"no answer","seconds":1.0}', '3dc1e260ce8afc40f83d3d4f6b192a42c55ccb5192fe849e4be643d17bc0f38b');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"EEEltUloYggSV-sE","feedback_id":"fb_01m8asg5ybsgqcz8kb7kjw27jx","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}', '43e742416f61b92de66f175f26872b73f6bdf8c1a05d28037ca489f1ebaf6531');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$erased":"d57ad19e4f3c700a5b2e94d4df1a42414590766570c6c4229274e11f9183eddb","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8asg63s2zhxqwgwj7jt0kk4"}', '566671bed19498f98b3aa25531c6e547b4329a88edcb10c18c4ef320933037dd');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$erased":"e4d63f54660a42a81a8e0e708b08ab142bd3e422230594e8ff3e99a5c0b9ffbb","model":"scripted","erased":"er_01m8asg63s2zhxqwgwj7jt0kk4"}', '75a2e323f4a821a80ca898eecea8a03377546393ddaa66591256812073ea77a2');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$erased":"2e01f3982565da75d9d17a6035dbab271050be31a8eddd5d8d28243a2c300339","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8asg63s2zhxqwgwj7jt0kk4"}', '5180cea2abd983224f5658a803ec63316b4b4bf804a4338cbb68d744c2d9855b');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$erased":"927b08ee0833717a813a493ef4f0dfbea787aa3e9fd036b15d788a826b59aab4","seconds":1.0,"erased":"er_01m8asg63s2zhxqwgwj7jt0kk4"}', 'f825c194689394fb9c7308ff471704996ac59e882e86a3f235de570a54ee2ff0');
INSERT INTO public.events VALUES (14, 'run_child', 5, 'words_erased', NULL, NULL, NULL, 1772366414000000, '{"$salt":"ri77z3R2Csuv1I6f","erasure":"er_01m8asg63s2zhxqwgwj7jt0kk4","events":[[1,4]],"stubs":"a31329f73cef314a6def49227d7eb15e832b7842e8913345681fa028d0f2dc0f","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}', '773aedf550f6473e90c6f8e17971f58fb2497f247f5f6d74db91eeb4dc6bcf43');
INSERT INTO public.events VALUES (15, 'night_01m8asg679fz91jeqmg720dv3r', 1, 'night_started', NULL, NULL, NULL, 1772366415000000, '{"$salt":"UogZko9R_wyTM4BQ","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', 'b0813fa8895978773eb8ac0665809dfe73945f592d5cf02d6f4a9c840b92f244');
INSERT INTO public.events VALUES (16, 'night_01m8asg679fz91jeqmg720dv3r', 2, 'stage_reached', NULL, NULL, NULL, 1772366416000000, '{"$salt":"ltr93Wa_2nMlwIak","stage":"search","message":"three candidates"}', 'd0cb893166c8ec4133756665a069b7833b16b6cb5b81d4d9940c2657e8d80961');
INSERT INTO public.events VALUES (17, 'night_01m8asg679fz91jeqmg720dv3r', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366417000000, '{"$salt":"YPA15NtlEsbfVady","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', '38b005695d8167595ef8e9f909f3a8e3510119cf702cb4f5790ac03e7744acf9');
INSERT INTO public.events VALUES (18, 'night_01m8asg679fz91jeqmg720dv3r', 4, 'evidence_written', NULL, NULL, NULL, 1772366418000000, '{"$salt":"hWUi3QxPyRNbhHys","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', '9da5b50b7130200c5fc14e9eeef8e6a081dd0eb516a726932f3b38c665648892');
INSERT INTO public.events VALUES (19, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"gHgy6H3t9Gf7BYxB","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', '2bef1719b4b11686b959f81e843a660e2a6a1de69ec6dd3e82a8dde0662ad22a');
INSERT INTO public.events VALUES (20, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366420000000, '{"$salt":"Y5IwPrlr9IpeKGf4","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8asg679fz91jeqmg720dv3r"}}', 'cc983510a48f320367286d01c73de063cab6772cc63a27fee1b2f1303dfee848');
INSERT INTO public.events VALUES (21, 'night_01m8asg679fz91jeqmg720dv3r', 5, 'night_ended', NULL, NULL, NULL, 1772366421000000, '{"$salt":"0WkIMp-4auBxWxL3","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', 'ba546e7ad85a2121ef64660ea32da62299857cfa2a0406498206ff54515cc384');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4, NULL, 'scripted');
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5, NULL, 'scripted');
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'erased_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, '[erased]', '[erased]', 5, 1772366414000000, 'scripted');
INSERT INTO public.strop_revision VALUES ('0010');
INSERT INTO public.words VALUES (1, '''is'' ''my'' ''policy'' ''where''');
INSERT INTO public.words VALUES (3, '''good'' ''morning''');
INSERT INTO public.words VALUES (4, '''good'' ''morning''');
INSERT INTO public.words VALUES (5, '''good'' ''morning''');
INSERT INTO public.words VALUES (7, '''good'' ''morning''');
SELECT pg_catalog.setval('public.events_id_seq', 21, true);
ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.bundles
    ADD CONSTRAINT bundles_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_operation UNIQUE (stream, op, kind, attempt);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_stream_seq UNIQUE (stream, seq);
ALTER TABLE ONLY public.knocks
    ADD CONSTRAINT knocks_pkey PRIMARY KEY (method, why);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.live_bundles
    ADD CONSTRAINT live_bundles_pkey PRIMARY KEY (agent);
ALTER TABLE ONLY public.losses
    ADD CONSTRAINT losses_pkey PRIMARY KEY (day, what, why);
ALTER TABLE ONLY public.rollout_conversations
    ADD CONSTRAINT rollout_conversations_pkey PRIMARY KEY (agent, conversation_id);
ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_one_at_a_time UNIQUE (active);
ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.run_marks
    ADD CONSTRAINT run_marks_pkey PRIMARY KEY (mark, run_id);
ALTER TABLE ONLY public.run_tools
    ADD CONSTRAINT run_tools_pkey PRIMARY KEY (tool, run_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.strop_revision
    ADD CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tool_lists
    ADD CONSTRAINT tool_lists_pkey PRIMARY KEY (bundle, server, digest);
ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (id);
CREATE INDEX bundles_by_agent ON public.bundles USING btree (agent, created_at);
CREATE INDEX events_kind ON public.events USING btree (kind, id);
CREATE INDEX rollout_conversations_open ON public.rollout_conversations USING btree (rollout, counted, at);
CREATE INDEX rollouts_by_agent ON public.rollouts USING btree (agent, started_at);
CREATE INDEX run_marks_by_run ON public.run_marks USING btree (run_id);
CREATE INDEX runs_by_agent ON public.runs USING btree (agent, started_at, id, origin);
CREATE INDEX runs_by_agent_and_status ON public.runs USING btree (agent, status, started_at, id, origin);
CREATE INDEX runs_by_bundle ON public.runs USING btree (bundle text_pattern_ops, started_at);
CREATE INDEX runs_by_calls ON public.runs USING btree (tool_calls) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id text_pattern_ops, started_at);
CREATE INDEX runs_by_cost ON public.runs USING btree (cost) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_model ON public.runs USING btree (model, started_at, id, origin);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id);
CREATE INDEX runs_by_score ON public.runs USING btree (score) WHERE (score IS NOT NULL);
CREATE INDEX runs_by_seconds ON public.runs USING btree (((ended_at - started_at))) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_status ON public.runs USING btree (status, started_at, id, origin);
CREATE INDEX runs_by_steps ON public.runs USING btree (steps) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_tokens ON public.runs USING btree (((input_tokens + output_tokens))) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_diverged ON public.runs USING btree (started_at) WHERE (divergences > 0);
CREATE INDEX runs_judged ON public.runs USING btree (started_at) WHERE (feedback > 0);
CREATE INDEX runs_newest ON public.runs USING btree (started_at, id, origin);
CREATE INDEX runs_open ON public.runs USING btree (started_at) WHERE (ended_at IS NULL);
CREATE INDEX runs_with_error ON public.runs USING btree (started_at) WHERE (error IS NOT NULL);
CREATE INDEX words_text ON public.words USING gin (text) WITH (fastupdate=off);
