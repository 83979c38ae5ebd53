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
	created_at BIGINT NOT NULL, merged TEXT, 
	PRIMARY KEY (digest)
);
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795759246824914,NULL);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"Sh8s9rJiutfU3tkd","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","metadata":{"channel":"mail"},"input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802}}','2dda20374e98b5b352be98ff0561cb69aa784a3abd4fb45ed38e81fb611390eb');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"qE8nwmh3U6GwbTij","model":"scripted","fingerprint":"f1"}','88cfc228519136cf75646188a4cae68757444d74dd7d572d909e85ece4e7c3b4');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"JEbrbeYyhNxyc2Yj","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','57da7990bf9894ca6276bf3c8731a1d2ba4cde709a8b2a19ec79b8ca687100b9');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"usolDZ7rGvZRR9y8","output":"Good morning!","seconds":1.0}','7912fbd7da12aa1eb65f9be08302a5dd657053b76b6159d176cacca29c16abd2');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"syDqJZMuT1-RTTxJ","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','85c120b839de8da799f0db610b0a6573fa47c7760b01d64b782ec27f72db1533');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"lwioK9QhunYTtndd","model":"scripted","fingerprint":"f1"}','8f38fd1bbb791a5d76e5154d1dd542f7cb9a2948e21fd51bfb2b054f61df7ea9');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"abrs3eyat_IAIxCe","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','f5f5895c9118dc1d23e937518f9dd7dcf78efd85eebc402a033d89d443599b7e');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"w9Z_sfQkGpEIfclY","error":"RunFailed","message":"no answer","seconds":1.0}','e6a7b9545693a70e67e57e7594361b6be64c75dccc2dcd511f4aece279fd0769');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"Wpy4Hopxru1GP-i-","feedback_id":"fb_01m8dsf3ebhyz4x7je3zv6p76j","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','831d792c933b531efc0ccbb5673f97c1d8ae0f0bc7a3d6707701922203a33755');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"64121ca4dd33037e9c167f63f05e2b46bcff00978e2f698183607d56a1e51edd","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8dsf3evc47kfx0xcjck71n2"}','c1a3f7a9fb7c58ee947bf021f4c89825c4b1b5a29c32f28cf5e81a8d1e67aede');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"424329103c9c44813fe749a6fc4980d859d2a5300da1d48427d47abff6f71255","model":"scripted","erased":"er_01m8dsf3evc47kfx0xcjck71n2"}','2cd6ae6ec60fa89de7af0c53d0a69fa038685ddbfce468bf177f7e13a899263e');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"b97433fc07f375f3dd90a03d3e38c3a111881e712b3b3e335b5afdb62579f5de","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8dsf3evc47kfx0xcjck71n2"}','9f5844847f6a2a925f61356af01a4bbc98fe55c6b3ead982b4f03db3eaa61631');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"36038582bd407c3cbb8623c212d0c3d243ef0c9b04601bd02b37a504495ad97f","seconds":1.0,"erased":"er_01m8dsf3evc47kfx0xcjck71n2"}','8a4149a34c19025cec5950388c002693ecb096dd0bd6f680ba9ae82a5bd85b3f');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"avLMygKfjqISZ58G","erasure":"er_01m8dsf3evc47kfx0xcjck71n2","events":[[1,4]],"stubs":"8931c3c25dc7b18acd06b19a9b5be07cf699842fc380c52d4217982d49080831","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','f48ed9efa360e4d8e91ac8d1bad16c8b18329832d6cfa99364953cedfcc2b1ca');
INSERT INTO "events" VALUES(15,'night_01m8dsf3f5797kyp6c0sevft6e',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"u-cVDt0ePu4muIVa","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','eaa968c75d64c882ebfda4b599d678d048821449ae592a25424881c5469e9928');
INSERT INTO "events" VALUES(16,'night_01m8dsf3f5797kyp6c0sevft6e',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"lKAj2i7WBkNnyD-f","stage":"search","message":"three candidates"}','f8d714750b667e6c070db9959aaf0b9cc77006bf24df0c775bc8e964ee2f650b');
INSERT INTO "events" VALUES(17,'night_01m8dsf3f5797kyp6c0sevft6e',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"IKG1etVMC_qLlSoq","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','84ed063b893a32c77bc8ec2236b91007c0f51d8f1759e35789039ef255eb1cf0');
INSERT INTO "events" VALUES(18,'night_01m8dsf3f5797kyp6c0sevft6e',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"Lg7156XxwTs0r3WR","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','d7fc063436d29e2376cc599cb488c81d4de38be10a0cdf5722692367a26358cf');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"zrC_BGJoHDFlpuKZ","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','9c9ebd85456e0e3d99b463be088258378be9294943612836597c4afade0de597');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"xda0PVIKJfbz9PMZ","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8dsf3f5797kyp6c0sevft6e"}}','7ee1b3e4a07c2475df36ee22d4600d448dff6137d2f67f4a005650d9b390e9db');
INSERT INTO "events" VALUES(21,'night_01m8dsf3f5797kyp6c0sevft6e',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"ZlnYmDzI5Ue1U_9a","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','1ec6b6c063af91f92e91c99b3a82bf76eac70848c7408c67ae2a492026158bf9');
CREATE TABLE knocks (
	method VARCHAR(20) NOT NULL, 
	why VARCHAR(200) NOT NULL, 
	times INTEGER NOT NULL, 
	PRIMARY KEY (method, why)
);
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
CREATE TABLE losses (
	day VARCHAR(10) NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	why VARCHAR(40) NOT NULL, 
	count BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	example TEXT NOT NULL, 
	PRIMARY KEY (day, what, why)
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
CREATE TABLE run_marks (
	mark VARCHAR(200) NOT NULL, 
	run_id VARCHAR(120) NOT NULL, 
	PRIMARY KEY (mark, run_id)
)
 WITHOUT ROWID

;
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
	events INTEGER NOT NULL, erased_at BIGINT, model VARCHAR(200) DEFAULT '' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run_well','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','finished',1772366401000000,1772366404000000,1,0,10,5,NULL,0,0,NULL,NULL,'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ','Good morning!',4,NULL,'scripted');
INSERT INTO "runs" VALUES('run_failed','claims','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','failed',1772366405000000,1772366408000000,1,0,10,5,NULL,0,1,0.0,'RunFailed: no answer','good morning',NULL,5,NULL,'scripted');
INSERT INTO "runs" VALUES('run_child','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','erased_1','run_well','delegation','finished',1772366410000000,1772366413000000,1,0,10,5,NULL,0,0,NULL,NULL,'[erased]','[erased]',5,1772366414000000,'scripted');
CREATE TABLE strop_revision (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num)
);
INSERT INTO "strop_revision" VALUES('0011');
CREATE TABLE tokens (
	id VARCHAR(40) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	agents TEXT, 
	secret VARCHAR(80) NOT NULL, 
	created_by VARCHAR(120) NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	PRIMARY KEY (id)
);
CREATE TABLE tool_lists (
	bundle VARCHAR(80) NOT NULL, 
	server VARCHAR(120) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	standing VARCHAR(20) NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (bundle, server, digest)
);
CREATE INDEX events_kind ON events (kind, id);
CREATE INDEX bundles_by_agent ON bundles (agent, created_at);
CREATE INDEX rollouts_by_agent ON rollouts (agent, started_at);
CREATE INDEX rollout_conversations_open ON rollout_conversations (rollout, counted, at);
CREATE INDEX run_marks_by_run ON run_marks (run_id);
CREATE INDEX runs_newest ON runs (started_at, id, origin);
CREATE INDEX runs_by_agent ON runs (agent, started_at, id, origin);
CREATE INDEX runs_by_status ON runs (status, started_at, id, origin);
CREATE INDEX runs_by_agent_and_status ON runs (agent, status, started_at, id, origin);
CREATE INDEX runs_by_model ON runs (model, started_at, id, origin);
CREATE INDEX runs_by_conversation ON runs (conversation_id, started_at);
CREATE INDEX runs_by_cost ON runs (cost) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_by_steps ON runs (steps) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_by_calls ON runs (tool_calls) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_by_tokens ON runs ((input_tokens + output_tokens)) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_by_seconds ON runs ((ended_at - started_at)) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_open ON runs (started_at) WHERE ended_at IS NULL;
CREATE INDEX runs_by_score ON runs (score) WHERE score IS NOT NULL;
CREATE INDEX runs_judged ON runs (started_at) WHERE feedback > 0;
CREATE INDEX runs_diverged ON runs (started_at) WHERE divergences > 0;
CREATE INDEX runs_with_error ON runs (started_at) WHERE error IS NOT NULL;
CREATE INDEX runs_by_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX runs_by_bundle ON runs (bundle, started_at, origin);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',21);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize="ascii");
