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
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795759248071691, NULL);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"Hlr1fk20o2Xp5cB3","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","metadata":{"channel":"mail"},"input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802}}', '5e92f46d54d1c29bdbd0b52e398df9971607cd95dc3d9b429e55145ae1cc897b');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"-5Rt-DXnqwqpKqUt","model":"scripted","fingerprint":"f1"}', 'c65a1bbdf33fbc82c620498339cfaac56277c70744a978761a0cfd6d04817735');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"A2qRZ_ARnAKfC5te","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '54975a2d5a6384eea9b0421a0b59a56512020a7316c2f364007df61ab82c3299');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"nr23VWD_wl9QCuU7","output":"Good morning!","seconds":1.0}', 'd461b303a8ae01904453a9d705263abcaf42ba5e6ddf6ed746e6e42b9c4385c2');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"W-vDsbbgX6-tFSkb","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', '6f46ddf80cc022d9e408d8675317b9700a24a1b11e0b42823e6c601d60aa7107');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"Y9J0uBdqGj0SM2vp","model":"scripted","fingerprint":"f1"}', 'cbd478d7d2cdd333d908a758362b851d3fec72222456fdb55cfd83dd3483f809');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"aP39f5KEGYmsIkRJ","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'ebffb1247079941f1620f80b06244d054e8a57be190c283559e48897b3e816e9');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"dOyvUJX-c7dxDovt","error":"RunFailed","message":"no answer","seconds":1.0}', '2ccb59d2fb38385745b72d741dd4fe6eb21982b61d9f8298f04a4a87848e49ec');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"E315NXrXup_Muy4Z","feedback_id":"fb_01m8dsf4kvc518t9pybn2ca365","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}', '0c2a487d8a8c3ff09e187cc1b3e0d30b4393a12698aa84ca9681d343f11553a0');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$erased":"3cdf7c447996ba70adc1027ec88987418bcb9551a1ee73a7d8c9df97b03107cf","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8dsf4n0dwryczvk83hmfzx7"}', 'f3e0076c42d805719458b4a1ea16c90ef29c550f807ae1536810d43f8c43e3f3');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$erased":"ab1040cf1a41f1e401e0c03a197cd85ce30d5db0fba18b2543019de0f4723da9","model":"scripted","erased":"er_01m8dsf4n0dwryczvk83hmfzx7"}', '256befc847142d03f664c58c47f1b7b99357bb06fc65a1408649c26f0acbc29d');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$erased":"351cfa666c04707c93f62b81355f0168d764e14557f84c584ef2f90f173e2264","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8dsf4n0dwryczvk83hmfzx7"}', '5b3f21627da930701a3da8dcfa58291c24876363b1748305a8a921f4dd49d6d1');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$erased":"6e3e470719e7071a269f867f41845dab81a727b97541d4d7664620f7a6aee24d","seconds":1.0,"erased":"er_01m8dsf4n0dwryczvk83hmfzx7"}', '43c187c81e4b4c326f5ae9bcb4ae111e844db7eb1fef9116212b84d1aa91d112');
INSERT INTO public.events VALUES (14, 'run_child', 5, 'words_erased', NULL, NULL, NULL, 1772366414000000, '{"$salt":"U227Uh8ytIl0DZMg","erasure":"er_01m8dsf4n0dwryczvk83hmfzx7","events":[[1,4]],"stubs":"218fcd70f100f91a18411684e6fcbe7434bb45f48746ca8305ab8f644623a768","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}', 'af1863e36ed492e9a398e22af650a6ad929b445658eb04374d6dde1c056d45b6');
INSERT INTO public.events VALUES (15, 'night_01m8dsf4ntpqctpyw0rbd0n6zj', 1, 'night_started', NULL, NULL, NULL, 1772366415000000, '{"$salt":"g3_cew2jfdt-4fN6","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', '17a89f7608fa6a75662fbcc9dc6698096911404cfc946876eeb6bbd944d7e7a6');
INSERT INTO public.events VALUES (16, 'night_01m8dsf4ntpqctpyw0rbd0n6zj', 2, 'stage_reached', NULL, NULL, NULL, 1772366416000000, '{"$salt":"kSt8sCKdRvjurn9V","stage":"search","message":"three candidates"}', '5031009d9a073a270e08019351ffcde7f4540110a0bf7f4888586fe3bbb26dd6');
INSERT INTO public.events VALUES (17, 'night_01m8dsf4ntpqctpyw0rbd0n6zj', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366417000000, '{"$salt":"PqrX-xOv1kQNSKFr","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', '79cfc715c51529eadba42cf7877c51eefdec45f94072b7478f021a68d8b43bd2');
INSERT INTO public.events VALUES (18, 'night_01m8dsf4ntpqctpyw0rbd0n6zj', 4, 'evidence_written', NULL, NULL, NULL, 1772366418000000, '{"$salt":"WQu3ze-g2DlE4X1l","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', '12cea48c6df9e6f8f127a90be7715693631331520e8a343734c7f0c00868151d');
INSERT INTO public.events VALUES (19, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"D_mv3S6uTE4UvFiT","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', '53d341f02f06f90d60302ef4e54ec0e55542b224c8e3ad3bc63c60aaaf5a36c4');
INSERT INTO public.events VALUES (20, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366420000000, '{"$salt":"eSinPPE-gapZoz61","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8dsf4ntpqctpyw0rbd0n6zj"}}', 'd11b2b7c8b4bed33e7aa836fb33dc24d888890f172aaa698bb5ee46112e892d7');
INSERT INTO public.events VALUES (21, 'night_01m8dsf4ntpqctpyw0rbd0n6zj', 5, 'night_ended', NULL, NULL, NULL, 1772366421000000, '{"$salt":"0s-r-OJfpPqVUdsc","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', '2e735e06d1b6edca721573c1179638d18e4def0dde66d28f348d40e646c7cf14');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4, NULL, 'scripted');
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5, NULL, 'scripted');
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'erased_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, '[erased]', '[erased]', 5, 1772366414000000, 'scripted');
INSERT INTO public.strop_revision VALUES ('0011');
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
CREATE INDEX runs_by_bundle ON public.runs USING btree (bundle text_pattern_ops, started_at, origin);
CREATE INDEX runs_by_calls ON public.runs USING btree (tool_calls) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id text_pattern_ops, started_at);
CREATE INDEX runs_by_cost ON public.runs USING btree (cost) WHERE (ended_at IS NOT NULL);
CREATE INDEX runs_by_model ON public.runs USING btree (model, started_at, id, origin);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id) WHERE (parent_run_id IS NOT NULL);
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
