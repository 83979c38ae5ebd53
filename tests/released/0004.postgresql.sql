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
    events integer NOT NULL
);
COMMENT ON COLUMN public.runs.feedback IS 'number of judgements';
COMMENT ON COLUMN public.runs.score IS 'the newest score given';
COMMENT ON COLUMN public.runs.input IS 'the first characters, for lists';
COMMENT ON COLUMN public.runs.output IS 'the first characters, for lists';
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
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795643851633029);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"KBmv7Ix37XWZGhN_","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}', '8d5ec5d5ea8168238d85a8933ec8038155c9da2d124fe446047cd0495e779088');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"C7jcHhFXcVEu5Wgn","model":"scripted","fingerprint":"f1"}', '412a30d7287a95c4c6337088c0fa83aa630f2128f88fe0f27134c8b17bd0582b');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"gWnBvgqrj-5WLzwG","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '26dadd085d17f82c63cf449c91b6532ecea931c7b1ff63080a8d03e8b1cafbca');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"pkA1yJ5Px2tJchHl","output":"Good morning!","seconds":1.0}', 'e190fb62a91869c54d6df839d39c98893dcbb5919e402dec32102d4de3d2c2f5');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"FURev1nmETbCO5jI","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', 'd728bb8ef0f63d1f370e1d5e1728137fafc56b0cce8591ed167e8909ab98f10f');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"X4Dy2mNYTGC3c_Qi","model":"scripted","fingerprint":"f1"}', '1790f277a933f1ff480013371b525e9290dadfe96408487bb9cef3709250428b');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"zMIjlt-ysqDCopwn","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'd9390063e746f2517ce7dd5c558db10ebb66fe28416b2283bba7fd2021bfd0a9');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"VpKnLSbQhdBvlQHZ","error":"RunFailed","message":"no answer","seconds":1.0}', '79936b44a1c167add3b5bed5a47e76427121edc76b42eb9d3c7355acbd062f95');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"a22mPzLRl99XKWen","feedback_id":"fb_01m8abdgppjm9c241hnma6bvbg","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better"}}', '88cbd32e20b1981ec770099d028fbff58edf7c4aa67ca74481910a120f29bce1');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$salt":"weUYwo_gKEzQL0KO","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1"}', 'ff2c046bf0786a0b41d7ee82ffae9ad963b709c2a817cf187cfa1be23eca6aa1');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$salt":"FpVVpVZLDc3Bmzc3","model":"scripted","fingerprint":"f1"}', '4752fd9cf75e3477e0f5d2d61345c96e2ebb8d4dea045edefb344ca86f47efc0');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$salt":"Yxl7eDKgcw4Jt4_3","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '1be47473a25252352c8654d65b35c089a7b977e925056803158d56ff22d5cd89');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$salt":"zG91tdTqCLrpFyq8","output":"Good morning!","seconds":1.0}', 'a08fd5adb718fbe9887e282f569d1a259a7d289c223f9bb1ff24cb60a8a37de3');
INSERT INTO public.events VALUES (14, 'night_01m8abdgt9vj7hkhs8w51wmc42', 1, 'night_started', NULL, NULL, NULL, 1772366414000000, '{"$salt":"bbUlRBpq9sHg_t-u","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', 'b1c4912c27da32027e87b32df4ef620eafa274a9d18759550eb9f594dad7c788');
INSERT INTO public.events VALUES (15, 'night_01m8abdgt9vj7hkhs8w51wmc42', 2, 'stage_reached', NULL, NULL, NULL, 1772366415000000, '{"$salt":"HowEFj8md0pUqWC4","stage":"search","message":"three candidates"}', '3388f242ce281beba52b7272ea38dd5feb060301e80040680171f7008e7a8dee');
INSERT INTO public.events VALUES (16, 'night_01m8abdgt9vj7hkhs8w51wmc42', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366416000000, '{"$salt":"qVYHcPPhZ6fOwAgl","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', '3636ff5e3ff1cd0064b5393f1842d4160e27a83843eb27aa1c30c0e6e4fca03f');
INSERT INTO public.events VALUES (17, 'night_01m8abdgt9vj7hkhs8w51wmc42', 4, 'evidence_written', NULL, NULL, NULL, 1772366417000000, '{"$salt":"Oko5aB6wKgnVhG8V","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', 'cb99ed93cfc867104cfd21e442361ade742948024ca1b74c8157b0d7ff19aa3e');
INSERT INTO public.events VALUES (18, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366418000000, '{"$salt":"A1QUwY40hkvo4FjU","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', 'b1a24e5916ab6d8002f035ecc79e3095165690432b19663cfde488bde1347b59');
INSERT INTO public.events VALUES (19, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"StJPsfx7Pq1ajBQv","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8abdgt9vj7hkhs8w51wmc42"}}', '047947fbe6aa6a3190dff18ac930a50dd48082caeeec18107902a8618ffd9abe');
INSERT INTO public.events VALUES (20, 'night_01m8abdgt9vj7hkhs8w51wmc42', 5, 'night_ended', NULL, NULL, NULL, 1772366420000000, '{"$salt":"AHd273JnWuK1yEZq","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', 'fb0cf8e514c57515971afb4cd06d11deb343314b1dcada290df7bd2da6284d9a');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4);
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5);
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'good morning', 'Good morning!', 4);
INSERT INTO public.strop_revision VALUES ('0004');
INSERT INTO public.words VALUES (1, '''is'' ''my'' ''policy'' ''where''');
INSERT INTO public.words VALUES (3, '''good'' ''morning''');
INSERT INTO public.words VALUES (4, '''good'' ''morning''');
INSERT INTO public.words VALUES (5, '''good'' ''morning''');
INSERT INTO public.words VALUES (7, '''good'' ''morning''');
INSERT INTO public.words VALUES (10, '''good'' ''morning''');
INSERT INTO public.words VALUES (12, '''good'' ''morning''');
INSERT INTO public.words VALUES (13, '''good'' ''morning''');
SELECT pg_catalog.setval('public.events_id_seq', 20, true);
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
