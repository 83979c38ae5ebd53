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
    created_at bigint NOT NULL
);
COMMENT ON COLUMN public.bundles.content IS 'JSON text; the digest is taken over it';
COMMENT ON COLUMN public.bundles.evidence IS 'digest of the newest evidence';
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
    erased_at bigint
);
COMMENT ON COLUMN public.runs.feedback IS 'number of judgements';
COMMENT ON COLUMN public.runs.score IS 'the newest score given';
COMMENT ON COLUMN public.runs.input IS 'the first characters, for lists';
COMMENT ON COLUMN public.runs.output IS 'the first characters, for lists';
COMMENT ON COLUMN public.runs.erased_at IS 'when its words were erased';
CREATE TABLE public.strop_revision (
    version_num character varying(32) NOT NULL
);
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
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795644850222935);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"8qaoJZr3hCGrgx5B","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}', 'bd39b20eccc6049ce683ef613e8de8c0d17d93dfe860458d1f61c50389c0d0b8');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"Sr-b7g6e_Ton7n4c","model":"scripted","fingerprint":"f1"}', '7f367c050f8f1a9b449a47e3684f9d0544ba479ca1eb29b710a224a9aa6b2ab8');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"zcBVEcNJGZOKMLO9","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'bfdc89c95593a7fd66c4b039aacecdfd4671319fb98899a6dda129205b970d42');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"Btcd0QzFD8DSBUPh","output":"Good morning!","seconds":1.0}', 'dc4a925af73049a656363761325a3e00888b31eac5069775e59fa74be19ba188');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"UFqz-lpujNceXRBn","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', '057299273a5bb28e9892d3b2d22cc56f575c265829f4fe90d9db082089339f78');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"ZO_TxqiykgKQTJIb","model":"scripted","fingerprint":"f1"}', 'c6098a7872971c6fb3d4ff37d268334d9970d3937844ce4e1950a9388899c483');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"HEmuUWHzTZAxOyRr","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '9a690643e6957c774126a6035e7390d2e2b05086609c78ab0a7b4120adcaed65');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"2WJfxBuvdN6Wiz-Q","error":"RunFailed","message":"no answer","seconds":1.0}', '3abddada80434f36102c3466ffbad5bd063c59119e223fe1717316025501e760');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"Zg7aqz0URpwYcovE","feedback_id":"fb_01m8acbzxn0585q2hk3qjdyrt8","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}', '4f6bb6ff45c1bb751006161d89a2a106afd06830a626c6ba165ebb15afa9da9b');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$erased":"c891ea88a706fb977a14f4e078bf7b77af1c75056523dcfa9112409b2382221d","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8acbzzf4xw3d0ywq4ymq5t8"}', 'b81395794824f3386865bbc5da25360b79888d5f064010b0cd13a8642f00796a');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$erased":"50959dfe5d67ea22e990da63435d414a3cf75f133b63a54dff1341e53403b409","model":"scripted","erased":"er_01m8acbzzf4xw3d0ywq4ymq5t8"}', '190a5e5718ac6ae235b80d17dc2cfb19bfcb7711d276c9cbea4d756d39148f00');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$erased":"72c44e91c6ef704ad9619f551fbf63773a2e43a5cb9b7748c5f1419ceef2f58c","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8acbzzf4xw3d0ywq4ymq5t8"}', 'f13a681f7c67b9cf19d9e0023d6808b6316f87ead493b288c4b53e500217c90d');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$erased":"a7ec19d766d77bb49e79ebf990efd1657534550619d5de34a312965917ed2a3a","seconds":1.0,"erased":"er_01m8acbzzf4xw3d0ywq4ymq5t8"}', 'd1742240b7a7cea743e7721c7beb85bf3dc182fc96cfc5dbbb316bd9754482c4');
INSERT INTO public.events VALUES (14, 'run_child', 5, 'words_erased', NULL, NULL, NULL, 1772366414000000, '{"$salt":"4eRrCexaLm7QWWXs","erasure":"er_01m8acbzzf4xw3d0ywq4ymq5t8","events":[[1,4]],"stubs":"ecf88ebd39321e5319aaa35475f0fec95210aa5fd3113d274978103888e397e0","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}', '33237f7e5a6fb1b8efe8551319ef9f501e21eaf14e767ce7e6a4944d2905e06a');
INSERT INTO public.events VALUES (15, 'night_01m8acc00kfwpp381dgzavk20x', 1, 'night_started', NULL, NULL, NULL, 1772366415000000, '{"$salt":"r9Hu2rFyI8R1m6vw","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', '8fae0b8eab052e6113a6014feb9d7f64a9d54083154b1bcd39bc1a4193280194');
INSERT INTO public.events VALUES (16, 'night_01m8acc00kfwpp381dgzavk20x', 2, 'stage_reached', NULL, NULL, NULL, 1772366416000000, '{"$salt":"oG4GYSL9KYsaM6ks","stage":"search","message":"three candidates"}', '908c757db986651c56efe1b11c57174e9beea21047d40b497706bf4803183f85');
INSERT INTO public.events VALUES (17, 'night_01m8acc00kfwpp381dgzavk20x', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366417000000, '{"$salt":"5g9CFl1s9V3k1YMN","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', 'e5f97c0644af056681452216762c71544c9ff66f7ff37a892018092ec4bf8f9d');
INSERT INTO public.events VALUES (18, 'night_01m8acc00kfwpp381dgzavk20x', 4, 'evidence_written', NULL, NULL, NULL, 1772366418000000, '{"$salt":"H04Tyo9ao70_k5Uz","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', 'b228f0737eb7038adc68dc7961f665dc6c16738618bf4d3ccef0c16359902077');
INSERT INTO public.events VALUES (19, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"2hsx55ipJ7BC_tKr","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', 'ecca0cf521389656ad2fd40eff9800e8867fa51dc04e7b2e3292b41815fbd407');
INSERT INTO public.events VALUES (20, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366420000000, '{"$salt":"9tmJQLjfV7L5G5-d","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8acc00kfwpp381dgzavk20x"}}', 'dc4d7e5d863d61ded72eaf84be7def65d7242c359de1eeceb61347c27f60011b');
INSERT INTO public.events VALUES (21, 'night_01m8acc00kfwpp381dgzavk20x', 5, 'night_ended', NULL, NULL, NULL, 1772366421000000, '{"$salt":"EGbvVoExAgKCJGGW","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', 'c5f50c36f1431e3b58ffd302b210c527217851c925420ad09e75ae9d03d2f96c');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4, NULL);
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5, NULL);
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'erased_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, '[erased]', '[erased]', 5, 1772366414000000);
INSERT INTO public.strop_revision VALUES ('0005');
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
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.live_bundles
    ADD CONSTRAINT live_bundles_pkey PRIMARY KEY (agent);
ALTER TABLE ONLY public.rollout_conversations
    ADD CONSTRAINT rollout_conversations_pkey PRIMARY KEY (agent, conversation_id);
ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_one_at_a_time UNIQUE (active);
ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.run_tools
    ADD CONSTRAINT run_tools_pkey PRIMARY KEY (tool, run_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.strop_revision
    ADD CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.tool_lists
    ADD CONSTRAINT tool_lists_pkey PRIMARY KEY (bundle, server, digest);
ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (id);
CREATE INDEX bundles_by_agent ON public.bundles USING btree (agent, created_at);
CREATE INDEX events_kind ON public.events USING btree (kind, id);
CREATE INDEX rollout_conversations_open ON public.rollout_conversations USING btree (rollout, counted, at);
CREATE INDEX rollouts_by_agent ON public.rollouts USING btree (agent, started_at);
CREATE INDEX runs_by_agent ON public.runs USING btree (agent, started_at);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id, started_at);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id);
CREATE INDEX runs_by_status ON public.runs USING btree (status, started_at);
CREATE INDEX runs_newest ON public.runs USING btree (started_at, id);
CREATE INDEX words_text ON public.words USING gin (text) WITH (fastupdate=off);
