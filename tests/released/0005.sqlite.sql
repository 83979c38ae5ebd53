BEGIN TRANSACTION;
CREATE TABLE blobs (
	digest VARCHAR(80) NOT NULL, 
	size BIGINT NOT NULL, 
	codec VARCHAR(10) NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "blobs" VALUES('sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411',802,'zlib',X'785E530ACF482D4A55C82C56C8AD5428C8CFC94CAEB45718151B0D83D17400C90B4A00E0761A34');
INSERT INTO "blobs" VALUES('sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',957,'zlib',X'785EAB562A4B2D4AC94C2E51B2524A4A2D29492D52D20132D2F28B5295AC0CF48C749412D3408240B6998E52516A62717E5EB19255B45266894266B1025CCB2877343446130324FBD0292FC4D6020082863A73');
CREATE TABLE bundles (
	digest VARCHAR(80) NOT NULL, 
	agent VARCHAR(120) NOT NULL, 
	content TEXT NOT NULL, 
	parent VARCHAR(80), 
	author VARCHAR(120) NOT NULL, 
	author_kind VARCHAR(20) NOT NULL, 
	note TEXT NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	evidence VARCHAR(80), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795644847374549);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	stream VARCHAR(120) NOT NULL, 
	seq INTEGER NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	step INTEGER, 
	op VARCHAR(300), 
	attempt INTEGER, 
	at BIGINT NOT NULL, 
	payload TEXT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT events_stream_seq UNIQUE (stream, seq), 
	CONSTRAINT events_operation UNIQUE (stream, op, kind, attempt)
);
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"VAxfnpPhkLm1o4Bx","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}','5c0da3d54ecfda6079f4c4ddae250b2ebb3a452353bb86ebe26caaecd9194f74');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"p2KuDL2jEfdZrqvR","model":"scripted","fingerprint":"f1"}','3fcd19a2b465c3a3c6c7d4152d4853107f5871f3fc0122181e81abd71adf6f9a');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"CjZsZr0P-XwwkBi3","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','7e296be931db2c02308853ef3233f137d5756ff157e4a586f1e3e52c3b02231f');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"PkcpDjur9RW9DxHX","output":"Good morning!","seconds":1.0}','67d01aa2364977fba72a8aadb8ea0d09f6777130e3224347646dd3d161795c75');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"XyHoWiVG08-xSj3y","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','5d6697a3d66be476ab82ce210c05adfef1aface9cba249122de4b14421bd39ea');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"clXP9slOTfeMIrsn","model":"scripted","fingerprint":"f1"}','f037205a70708303cce1f17a0e5b081c9752aa5615f820f33b6d3890db2557b7');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"4_Bs0dKuTFdnJc6i","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','7028fdbf3253e0b154008234fdb09efce0c26cc5734b71a72289061fb2ec07cc');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"mr6TwY0uac17hVRn","error":"RunFailed","message":"no answer","seconds":1.0}','bfd78c24be3e7905daa02af29df866e7ba09ba1d45ec8097e453d8c245e37ca0');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"9bV_Ch4LO1uUGNfY","feedback_id":"fb_01m8acbx38dkjaf33fnscr4gr3","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','0c6bcefe1f35f4a68c58903bd1efa7642e903728774b86c7893e507de746a1ee');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"2219b0a4a57107c87a7392889c76594b041f5d8e1ce8bab2273bcb28839a8c24","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8acbx6a28910kedy4fdncny"}','0f22bb98ba66c8ccb9d4837524f400a0e42c97364c70e8c2588fbbe38ac06b76');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"7471cf1258e332c35d8aca1b4f97cb44e50c70e284a236302f138018cb5f4eec","model":"scripted","erased":"er_01m8acbx6a28910kedy4fdncny"}','84ab64db1d67fa82c40cba63674004ed1de02dc6e4812a1f032f0fd4a56a8ca6');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"3286e0f0f89b5b90062b9c5826a678f0ed5410e98f242f2e516e613c7b3b032d","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8acbx6a28910kedy4fdncny"}','eb4d7ba8b1215a0d8996ec7af3dfc1d0adf3f70ee8b728d7ce65e175712f8483');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"bf11ffc342deaea50304a5cc8a19b27b8685e0a8b8769f3ba21694051fc78afb","seconds":1.0,"erased":"er_01m8acbx6a28910kedy4fdncny"}','165e0eca9313756d92de40b72787d60468fc781f1a149a376ac2d8efe7bb96ef');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"dDD6UnWSh02SMOiz","erasure":"er_01m8acbx6a28910kedy4fdncny","events":[[1,4]],"stubs":"7b51be534da28e6f085a32055752fbd66a8cb89cb0cee2d1e1640e9aa58fd0f7","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','c32ffa1fc9a577876ffb7256bc6ffb074391546c4eea777c608808c4809c75ca');
INSERT INTO "events" VALUES(15,'night_01m8acbx7944g0zv0efswr5tf3',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"7wkasJlnZt2yGukG","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','578f048e7d006a523252400d3c4eb77190b002643d6193bb5760a98d6b119733');
INSERT INTO "events" VALUES(16,'night_01m8acbx7944g0zv0efswr5tf3',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"BRaGY4WjiQX_jbTU","stage":"search","message":"three candidates"}','6155b3342ffb2605086db713b31a99401a583327bb5546b2b8c5a649d124958d');
INSERT INTO "events" VALUES(17,'night_01m8acbx7944g0zv0efswr5tf3',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"dtpx9sWJiN5pabNx","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','8d72bd2aaae99e25012deeb8fe9b341493583aabde66e4a77b7ff9c139628f6b');
INSERT INTO "events" VALUES(18,'night_01m8acbx7944g0zv0efswr5tf3',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"279cxQ1UOhibQ-7G","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','59ad87cca0cb7950d9b45706fb02b23a196af780d4a9af1af104bc734d501635');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"8OaGPhVr94Fe8Lw3","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','d02e98dacf3e145317666e193cf08412faa8f57b13574e4a56925a6027de6930');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"GYhL52GuT4WRuXjU","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8acbx7944g0zv0efswr5tf3"}}','162ac91576476d8078a5420ac6fc82ccc7ecfb84a368f63e0ec107cd00a47afa');
INSERT INTO "events" VALUES(21,'night_01m8acbx7944g0zv0efswr5tf3',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"gDDAidH6GHKy4Bwj","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','23f920436e98e857287420093fade186486c7bdb2aab13b5c307ee794cb4ed14');
CREATE TABLE leases (
	name VARCHAR(160) NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "leases" VALUES('run_child','worker-1',1772366410000000);
CREATE TABLE live_bundles (
	agent VARCHAR(120) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	source VARCHAR(80) NOT NULL, 
	changed_at BIGINT NOT NULL, 
	PRIMARY KEY (agent)
);
CREATE TABLE rollout_conversations (
	agent VARCHAR(120) NOT NULL, 
	conversation_id VARCHAR(120) NOT NULL, 
	rollout VARCHAR(80) NOT NULL, 
	arm VARCHAR(20) NOT NULL, 
	share FLOAT NOT NULL, 
	at BIGINT NOT NULL, 
	counted INTEGER NOT NULL, 
	PRIMARY KEY (agent, conversation_id)
);
CREATE TABLE rollouts (
	id VARCHAR(80) NOT NULL, 
	agent VARCHAR(120) NOT NULL, 
	active VARCHAR(120), 
	mode VARCHAR(20) NOT NULL, 
	candidate VARCHAR(80) NOT NULL, 
	control VARCHAR(80) NOT NULL, 
	share FLOAT NOT NULL, 
	control_share FLOAT NOT NULL, 
	exposure INTEGER NOT NULL, 
	exposed INTEGER NOT NULL, 
	outcome VARCHAR(20), 
	"plan" TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	PRIMARY KEY (id), 
	CONSTRAINT rollouts_one_at_a_time UNIQUE (active)
);
CREATE TABLE run_tools (
	tool VARCHAR(200) NOT NULL, 
	run_id VARCHAR(120) NOT NULL, 
	PRIMARY KEY (tool, run_id)
)
 WITHOUT ROWID

;
CREATE TABLE runs (
	id VARCHAR(120) NOT NULL, 
	agent VARCHAR(120) NOT NULL, 
	bundle VARCHAR(80) NOT NULL, 
	conversation_id VARCHAR(120) NOT NULL, 
	parent_run_id VARCHAR(120), 
	origin VARCHAR(20) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	steps INTEGER NOT NULL, 
	tool_calls INTEGER NOT NULL, 
	input_tokens BIGINT NOT NULL, 
	output_tokens BIGINT NOT NULL, 
	cost FLOAT, 
	divergences INTEGER NOT NULL, 
	feedback INTEGER NOT NULL, 
	score FLOAT, 
	error TEXT, 
	input TEXT NOT NULL, 
	output TEXT, 
	events INTEGER NOT NULL, erased_at BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run_well','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','finished',1772366401000000,1772366404000000,1,0,10,5,NULL,0,0,NULL,NULL,'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ','Good morning!',4,NULL);
INSERT INTO "runs" VALUES('run_failed','claims','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','failed',1772366405000000,1772366408000000,1,0,10,5,NULL,0,1,0.0,'RunFailed: no answer','good morning',NULL,5,NULL);
INSERT INTO "runs" VALUES('run_child','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','erased_1','run_well','delegation','finished',1772366410000000,1772366413000000,1,0,10,5,NULL,0,0,NULL,NULL,'[erased]','[erased]',5,1772366414000000);
CREATE TABLE strop_revision (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num)
);
INSERT INTO "strop_revision" VALUES('0005');
CREATE TABLE tool_lists (
	bundle VARCHAR(80) NOT NULL, 
	server VARCHAR(120) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	standing VARCHAR(20) NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (bundle, server, digest)
);
CREATE INDEX events_kind ON events (kind, id);
CREATE INDEX runs_by_agent ON runs (agent, started_at);
CREATE INDEX runs_by_status ON runs (status, started_at);
CREATE INDEX runs_by_conversation ON runs (conversation_id, started_at);
CREATE INDEX runs_by_parent ON runs (parent_run_id);
CREATE INDEX runs_newest ON runs (started_at, id);
CREATE INDEX bundles_by_agent ON bundles (agent, created_at);
CREATE INDEX rollouts_by_agent ON rollouts (agent, started_at);
CREATE INDEX rollout_conversations_open ON rollout_conversations (rollout, counted, at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',21);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize="ascii");
