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
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795646768213504);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"$salt":"TNw5ZNwLs-pesdHy","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}', '2b929090228ec7251194e42ccd80fa1b803cad55321f7ea6f7dd0171a2947207');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"$salt":"99vgyF9qB1Iy3sGD","model":"scripted","fingerprint":"f1"}', '9aa9b85992edb511da13c455ad10b00d907738bb8a30bbb8550b5f887a166776');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"$salt":"SFk-WeBk3vDgBNhN","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '333da744ecac71f408abc252deb8b6e0fee3f474498fb75022221c97203f0cbd');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"$salt":"hCAe2V9fbVhhqaH0","output":"Good morning!","seconds":1.0}', '7814109c3c1c1b31eb2f2ec87ae33688a176e843d2c9731626f913df2175dce9');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"$salt":"LpCDlEg0csi6jaqk","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', '5f19efca268cb23c8e61ec4e2a99f3acb3fb5e8a76b4095bb5e73c646586d0a7');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"$salt":"dh3m2K7MnOllqYnF","model":"scripted","fingerprint":"f1"}', 'a0747779b88a680564066677bc38f57fbe83fe7e70ac39d57caf564f493989f2');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"$salt":"8I5IWP8_YhE66boj","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '78726987376361add220b09f7e486b69bfe69f1fa419a761fff7e4d6ce2b06ae');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"$salt":"130dI5bm9ESt7GAy","error":"RunFailed","message":"no answer","seconds":1.0}', '668fb1518866b3cb155eb1f824c7862b3bb8711ebd31feb0dff32365ab007f9a');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"$salt":"lv5Xua9VyDUaf9VM","feedback_id":"fb_01m8ae6gr17dmym8481wnesvvs","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}', '7910fa48187e134c37142e8e66a02902328564cf0a4720a7ca0ec4ea81763297');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"$erased":"678efbfd873c127592dfb8016b32a327984f406c140e5665bf21eddf2f7d78e8","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8ae6gxq83h7n0cawmtr1awb"}', 'a1b6dbcd2638bb3ef2d2874ccf0b2bf63604ab9d83e41fbe09cccea9b658b6df');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"$erased":"01a89b4d843c4261b92e7aec1738dc71707ba824978f44640cda8a80edbd7efa","model":"scripted","erased":"er_01m8ae6gxq83h7n0cawmtr1awb"}', '5eb58cbfce59d7b694c999adde7e2eb6259cafb47a30fe5bdda2af3f5dfc95f7');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"$erased":"069239dd7e62de0c9f16f6fbf6c4e9b6dd887575f597d10d1ea8ce747eb6257b","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8ae6gxq83h7n0cawmtr1awb"}', 'd3010eb8870c7fccb7f0f86ab44b7df874b56bd5b93b1ca4764d41babcff94c1');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"$erased":"f87060d88d52d372d099b00a21c922e8e874f72eb5d9e42e30ad55f24259cab1","seconds":1.0,"erased":"er_01m8ae6gxq83h7n0cawmtr1awb"}', '1b00f8422e61bf1dd8840be3e2192e68feffa1670b2ce040c6bf2ffafe0a5dbe');
INSERT INTO public.events VALUES (14, 'run_child', 5, 'words_erased', NULL, NULL, NULL, 1772366414000000, '{"$salt":"RHGdKHTZC2-KUO4W","erasure":"er_01m8ae6gxq83h7n0cawmtr1awb","events":[[1,4]],"stubs":"9f8b1efbdbeff92bb9f9625d4b1bee2735c694db924e2f4613628e09548deb7a","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}', 'bb16d4b19492045b938cce95ecad8436ce7f3a93e7567ff75f5c51c24ddbdc8d');
INSERT INTO public.events VALUES (15, 'night_01m8ae6h1bvg8tepvkf2jhve51', 1, 'night_started', NULL, NULL, NULL, 1772366415000000, '{"$salt":"fHSX6kpN3giPGq_Z","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', '0786624df82933c5e4466072e24ee4e03e9eeca422f60ca233ee77dc7723dc1a');
INSERT INTO public.events VALUES (16, 'night_01m8ae6h1bvg8tepvkf2jhve51', 2, 'stage_reached', NULL, NULL, NULL, 1772366416000000, '{"$salt":"ngfciprzywN6S3HN","stage":"search","message":"three candidates"}', 'cf95d9f9c368db00ec6ab0a53cf85a92306d121e4e804ef48952d6fa55a0e4b4');
INSERT INTO public.events VALUES (17, 'night_01m8ae6h1bvg8tepvkf2jhve51', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366417000000, '{"$salt":"KgG1l-aipVekrMIt","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', '1592a7f16db12de48474ffb2180b6c480ae6447ece8df2dd34ba15ca41995ac1');
INSERT INTO public.events VALUES (18, 'night_01m8ae6h1bvg8tepvkf2jhve51', 4, 'evidence_written', NULL, NULL, NULL, 1772366418000000, '{"$salt":"g0aSZn5qcozlR8WI","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', 'c9ad0c8ed2943c5935bc91cb6d612838934edc2de401ec58946f62ad618d1a4d');
INSERT INTO public.events VALUES (19, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"$salt":"6fWVl0p-eCW80WIV","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', '09c54076dc5d0297a8968ea74d534b4deea7ddbf2a1bfa6df9bded4818619ead');
INSERT INTO public.events VALUES (20, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366420000000, '{"$salt":"2fU-WhIXCca90-l5","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8ae6h1bvg8tepvkf2jhve51"}}', '2de3e48357e9703d5c19b8a8bde7c5f515a1ca6e329ba355af5625b54e37df7f');
INSERT INTO public.events VALUES (21, 'night_01m8ae6h1bvg8tepvkf2jhve51', 5, 'night_ended', NULL, NULL, NULL, 1772366421000000, '{"$salt":"njcKiPIQeRTkyFZe","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', 'fd3821e1ad7fa0bb971b77a8bb30abd85dcc465df50fd078a9ba0ecfb43e4142');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366410000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4, NULL);
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5, NULL);
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'erased_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, '[erased]', '[erased]', 5, 1772366414000000);
INSERT INTO public.strop_revision VALUES ('0007');
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
CREATE INDEX runs_by_agent ON public.runs USING btree (agent, started_at);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id, started_at);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id);
CREATE INDEX runs_by_status ON public.runs USING btree (status, started_at);
CREATE INDEX runs_newest ON public.runs USING btree (started_at, id);
CREATE INDEX words_text ON public.words USING gin (text) WITH (fastupdate=off);
