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
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795645253255278);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"EiDUSG9yRqnjGOWt","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}', '3aca585407efca65b22e600e16b9fa71bfd96e719ef0652cd8a1343db766d15b');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"IDsCnivP0xZt1MjA","model":"scripted","fingerprint":"f1"}', '0bc84ce5a8d30d6853fa5dd3d00f5025164f74c1d53f1295c7460d89c0ac6c8b');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"krZxJtABe753T51G","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'f5dcca94a6394be153fe5439f1d49426224352714ecdf08b1f8278ac765a6d40');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"6MFyyfqV38b_jv2g","output":"Good morning!","seconds":1.0}', 'e89152836d67f413e4693ea7f7f3c44ca053d698295081c831689cf1a437d3c6');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"uARHgB_SJ8jw8vTt","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', '880fc3a6417ec0b79bf89c547fe5e5b40bc68f20829312483496ddd9cb8dd557');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"M7kWX5tFgPWwwOep","model":"scripted","fingerprint":"f1"}', '6b67d893bd2f5aeb5ce10cf2569171f690dac51058d0aa3ae7615210acdb547e');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"sHNjj5YAjqKJoQS5","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '5b3e20432b80df7d5f8532b6649d2373f0c0c5a0332e40311600d9cbe5a9bc3a');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"-YTenw937FEGywcd","error":"RunFailed","message":"no answer","seconds":1.0}', '4828ca7a66d9451b5bb9d8f006360240fe1f324a351a5b4db83eecc6a6638c0f');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"vGmCyu-C9SrvOCbR","feedback_id":"fb_01m8acr9j5s08mrxepv4rzdyng","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}', 'd28c6ca0b33e54c8840bc97b24d0cc0b8230e15f9c8ca8b1ef19d5f2958be4d6');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$erased":"eba8446b094b21a786e19670a114a0588bfbad9d62f37444d6e8702f1964b93c","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8acr9k3b9z0nkttxr1vezgw"}', '9eb545258907185f15aec0eb98cfea33c33c0428d4f554e9b030ef7714aaf0f0');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$erased":"47811d4b8c4f283f4fda303a1e53f39fff6e8735e70f37f8f8860c7a8f287fa2","model":"scripted","erased":"er_01m8acr9k3b9z0nkttxr1vezgw"}', '12d8f1385d5fcb0ed9491565f7829c7e5783b43f27ff278bafa20a42a465884b');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$erased":"e2868f5d9d03e333b0013950af266303b410490ebbf98ad22407d9fe9878db71","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8acr9k3b9z0nkttxr1vezgw"}', 'bb6160cc22d3eac50a6793f53a906225a8d34af4eaf7e003c14b54d1becfb1ea');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$erased":"49b9262ebda12db8aa3555b4a96bccc1adee61faa715c5d00807e8f80f35cab5","seconds":1.0,"erased":"er_01m8acr9k3b9z0nkttxr1vezgw"}', 'c54426647818d0646a6bb904d086de928abe79849b49a2ed44f5e2285fa2a1f1');
INSERT INTO public.events VALUES (14, 'run_child', 5, 'words_erased', NULL, NULL, NULL, 1772366414000000, '{"$salt":"L_H6ZsNZib4xRxt5","erasure":"er_01m8acr9k3b9z0nkttxr1vezgw","events":[[1,4]],"stubs":"9e0fa3ff29e139227b6e7fa0aeeba57bba5dfffc1810531d85c2d996ca19c197","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}', '5fdc2dc1e4b049d638fbd002e26ec2f44fe36287d0e30864c317d230ca821e7c');
INSERT INTO public.events VALUES (15, 'night_01m8acr9kszvzjfyejrspn92ma', 1, 'night_started', NULL, NULL, NULL, 1772366415000000, '{"$salt":"NvQD2JeUe7JF66J7","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', '200af7f7d4a7573c2449e0ec0a676c99b6e70533c93835c6deafae282dffb038');
INSERT INTO public.events VALUES (16, 'night_01m8acr9kszvzjfyejrspn92ma', 2, 'stage_reached', NULL, NULL, NULL, 1772366416000000, '{"$salt":"0kg6o2eZ_Q4r9LLt","stage":"search","message":"three candidates"}', '4a92b53c72f42c015544f931eaa9b0e53b7c8aae50fd8db400249386bbb43771');
INSERT INTO public.events VALUES (17, 'night_01m8acr9kszvzjfyejrspn92ma', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366417000000, '{"$salt":"swYKPRlX26aS8jvy","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', '381d9b10f57c1dbf4786e62a496aee56e5eca4cf0c1ef8411bfcea2d2d53b54e');
INSERT INTO public.events VALUES (18, 'night_01m8acr9kszvzjfyejrspn92ma', 4, 'evidence_written', NULL, NULL, NULL, 1772366418000000, '{"$salt":"mOQWE87ItgwQgpei","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', '16967381d2690cc1ef15fd4625236b6af5633e987f34f868898473ea570c7e16');
INSERT INTO public.events VALUES (19, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"G3uU3XnWNvFdQRMg","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', 'b639b11dc04ec807a2b14cd6cad86ee608a1a5f338280f40bb269439531b63d0');
INSERT INTO public.events VALUES (20, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366420000000, '{"$salt":"G9GyqGU5gaqcvpJv","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8acr9kszvzjfyejrspn92ma"}}', 'f61a8a962891e03c67bdb37a69aa1279b736d43381915aadb6f7e64828af5abc');
INSERT INTO public.events VALUES (21, 'night_01m8acr9kszvzjfyejrspn92ma', 5, 'night_ended', NULL, NULL, NULL, 1772366421000000, '{"$salt":"_JRsB2_H_QLd6yfN","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', '4a521b4668fe4e0c5316dd2bf5720f4df8d4993a912b44a28fbf4e259e2ed594');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4, NULL);
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5, NULL);
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'erased_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, '[erased]', '[erased]', 5, 1772366414000000);
INSERT INTO public.strop_revision VALUES ('0006');
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
CREATE INDEX runs_by_agent ON public.runs USING btree (agent, started_at);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id, started_at);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id);
CREATE INDEX runs_by_status ON public.runs USING btree (status, started_at);
CREATE INDEX runs_newest ON public.runs USING btree (started_at, id);
CREATE INDEX words_text ON public.words USING gin (text) WITH (fastupdate=off);
