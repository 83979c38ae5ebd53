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
CREATE TABLE public.words (
    id bigint NOT NULL,
    text tsvector NOT NULL
);
ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);
INSERT INTO public.blobs VALUES ('sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411', 802, 'zlib', '\x785e530acf482d4a55c82c56c8ad5428c8cfc94caeb45718151b0d83d17400c90b4a00e0761a34');
INSERT INTO public.blobs VALUES ('sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 957, 'zlib', '\x785eab562a4b2d4ac94c2e51b2524a4a2d29492d52d20132d2f28b5295ac0cf48c749412d3408240b6998e52516a62717e5eb19255b45266894266b1025ccb2877343446130324fbd0292fc4d6020082863a73');
INSERT INTO public.bundles VALUES ('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158', 'hello', '{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}', 'sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356', 'optimizer', 'machine', '', 'proposed', 'sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402', 1795380125840056);
INSERT INTO public.events VALUES (1, 'run_well', 1, 'run_started', NULL, NULL, NULL, 1772366401000000, '{"agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}', '841b799409aef2d6e910b23142f58ffa5d6fd57e508b587d411bab20239d0fe3');
INSERT INTO public.events VALUES (2, 'run_well', 2, 'model_requested', 1, 'model/1', 1, 1772366402000000, '{"model":"scripted","fingerprint":"f1"}', '70bba9f7debf7ec8787c21b67b7edcc761f6b1bd921edc98497d7d1d39d7287d');
INSERT INTO public.events VALUES (3, 'run_well', 3, 'model_replied', 1, 'model/1', 1, 1772366403000000, '{"model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'fd49e3d0d574d63559a9cfb296c76a56c3dcdb981d6a12de8cbf54defffb5090');
INSERT INTO public.events VALUES (4, 'run_well', 4, 'run_finished', NULL, NULL, NULL, 1772366404000000, '{"output":"Good morning!","seconds":1.0}', '1af623c261f37251c9b5d545d7c3b7855fe572475d85c5a3b7758205750991aa');
INSERT INTO public.events VALUES (5, 'run_failed', 1, 'run_started', NULL, NULL, NULL, 1772366405000000, '{"agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}', 'd3cb19d804a12a85be3a32d598584934b2609c11113494eee087e50cb8fd2ead');
INSERT INTO public.events VALUES (6, 'run_failed', 2, 'model_requested', 1, 'model/1', 1, 1772366406000000, '{"model":"scripted","fingerprint":"f1"}', 'fb0960ac9c8dd9e006f9872a016019c10cdf0c97e37b38bc5c7e7611753b3ec0');
INSERT INTO public.events VALUES (7, 'run_failed', 3, 'model_replied', 1, 'model/1', 1, 1772366407000000, '{"model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', 'c5bb9e4b9d91c0881c6ed0f841206362af914edb78a3bad7f31345514e027260');
INSERT INTO public.events VALUES (8, 'run_failed', 4, 'run_failed', NULL, NULL, NULL, 1772366408000000, '{"error":"RunFailed","message":"no answer","seconds":1.0}', '2381b1195c5a29e9734bee8095e64f10f808153481cb3572815dca91680a45fb');
INSERT INTO public.events VALUES (9, 'run_failed', 5, 'feedback_given', NULL, NULL, NULL, 1772366409000000, '{"feedback_id":"fb_01m82fx7xwbvvp7zshk7kj1fvj","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better"}}', '74832f937f3bbd81742985c1c255571080e22ef32aaa30265ebe64dcfe4f3f57');
INSERT INTO public.events VALUES (10, 'run_child', 1, 'run_started', NULL, NULL, NULL, 1772366410000000, '{"agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1"}', 'd5a161962ec30a16190ccbca7ba1f3b612c75c447b82104b745ef91b10bfedad');
INSERT INTO public.events VALUES (11, 'run_child', 2, 'model_requested', 1, 'model/1', 1, 1772366411000000, '{"model":"scripted","fingerprint":"f1"}', '122312895a35ed6113d8daefb88cbd73487119b9f36ebdb85a3189cad1b6ad93');
INSERT INTO public.events VALUES (12, 'run_child', 3, 'model_replied', 1, 'model/1', 1, 1772366412000000, '{"model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}', '0358c95e902f197eb6e0a53111934194922614e752317b988f8954289f0d49f0');
INSERT INTO public.events VALUES (13, 'run_child', 4, 'run_finished', NULL, NULL, NULL, 1772366413000000, '{"output":"Good morning!","seconds":1.0}', 'd8b7832afc7ed8fd42a814883a2a743dd6510cb68d9c9447b2f2655c91bdbbcb');
INSERT INTO public.events VALUES (14, 'night_01m82fx83m1v9z46h4jhqyzjh5', 1, 'night_started', NULL, NULL, NULL, 1772366414000000, '{"agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}', 'f184dc0a038b8f26d342e968d4a7bde2ff6a8785ca39e9b721beac6592ffe0a7');
INSERT INTO public.events VALUES (15, 'night_01m82fx83m1v9z46h4jhqyzjh5', 2, 'stage_reached', NULL, NULL, NULL, 1772366415000000, '{"stage":"search","message":"three candidates"}', 'b7faa079c9e5db1a275917c96c163fa0f9d50b0a991aeded7a9ac0d74187eb13');
INSERT INTO public.events VALUES (16, 'night_01m82fx83m1v9z46h4jhqyzjh5', 3, 'rollout_scored', NULL, 'r/1', 1, 1772366416000000, '{"bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}', 'e619f6d1f261ae5f5cb837c27973dc45a0c991ec8dbabba136bada7f98ffe6b9');
INSERT INTO public.events VALUES (17, 'night_01m82fx83m1v9z46h4jhqyzjh5', 4, 'evidence_written', NULL, NULL, NULL, 1772366417000000, '{"bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}', 'fa3d988887a11d52dfa02fca6e0476f2a82a49fe48325792515544cf2cfbb132');
INSERT INTO public.events VALUES (18, 'decisions_hello', 1, 'decision_made', NULL, NULL, NULL, 1772366418000000, '{"agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}', '57c4ca1cdc56217746405235695f3826e7a65d30937adfcc02a0318aed0e1104');
INSERT INTO public.events VALUES (19, 'decisions_hello', 2, 'decision_made', NULL, NULL, NULL, 1772366419000000, '{"agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m82fx83m1v9z46h4jhqyzjh5"}}', 'bc0127947f4624f32098e50320fd8efe543e5b75f5b8fd471a9aa7adc383b7e3');
INSERT INTO public.events VALUES (20, 'night_01m82fx83m1v9z46h4jhqyzjh5', 5, 'night_ended', NULL, NULL, NULL, 1772366420000000, '{"verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}', 'db734e737729912b96f9bd6fe40efeb254a1d4d498e86f51eb258397f6ed5e6d');
INSERT INTO public.leases VALUES ('run_child', 'worker-1', 1772366415000000);
INSERT INTO public.runs VALUES ('run_well', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'finished', 1772366401000000, 1772366404000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ', 'Good morning!', 4);
INSERT INTO public.runs VALUES ('run_failed', 'claims', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', NULL, 'user', 'failed', 1772366405000000, 1772366408000000, 1, 0, 10, 5, NULL, 0, 1, 0, 'RunFailed: no answer', 'good morning', NULL, 5);
INSERT INTO public.runs VALUES ('run_child', 'hello', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'conv_1', 'run_well', 'delegation', 'finished', 1772366410000000, 1772366413000000, 1, 0, 10, 5, NULL, 0, 0, NULL, NULL, 'good morning', 'Good morning!', 4);
INSERT INTO public.strop_revision VALUES ('0002');
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
ALTER TABLE ONLY public.run_tools
    ADD CONSTRAINT run_tools_pkey PRIMARY KEY (tool, run_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.strop_revision
    ADD CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (id);
CREATE INDEX bundles_by_agent ON public.bundles USING btree (agent, created_at);
CREATE INDEX events_kind ON public.events USING btree (kind, id);
CREATE INDEX runs_by_agent ON public.runs USING btree (agent, started_at);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id, started_at);
CREATE INDEX runs_by_parent ON public.runs USING btree (parent_run_id);
CREATE INDEX runs_by_status ON public.runs USING btree (status, started_at);
CREATE INDEX runs_newest ON public.runs USING btree (started_at, id);
CREATE INDEX words_text ON public.words USING gin (text) WITH (fastupdate=off);
