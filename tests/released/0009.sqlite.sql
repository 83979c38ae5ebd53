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
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795656874684624,NULL);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"-og5WlqSg1Vnbt2y","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}','a6f7e4e3248aaf934ba6f6e1412c7fa0b3520a3af978efb9ec2b5b0845224b5c');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"W_m0f8fuw_wrI3kP","model":"scripted","fingerprint":"f1"}','0bf4a92345d0cb51ccd32f0c2e7dab7ed34f62f8ec3f01eb64f3d2f20d91e9a7');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"XGbHFSQ0k7enjMSG","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','1c564f82b0c527ff7aeb266a084afe640700fb9958a1bd74326b122710b7947b');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"YTeLOnK4Jgfihuue","output":"Good morning!","seconds":1.0}','b7fe26d28e50de399cb7f54829062276bbb2fbf9e00592654ea25117363aa100');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"NsPxvSWvYqvMwEHA","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','7c635349a5ed34c5a0df83438f81b682e6c849278b278e4e9552c33bbe273c36');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"FBHfa37HFyQNVrF2","model":"scripted","fingerprint":"f1"}','4506e9dd300c9bfe3ab793e3230328a2a65f339e086c2df4042fc3878b1675d2');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"HW5QcpqfpQk7Dx8d","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','2445918f39e99ac3d16c698ab4dec9b3d0fd576ff91c2bcb7dec0a00bc5b9944');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"026DJAed8gnoJ1js","error":"RunFailed","message":"no answer","seconds":1.0}','db2847248fcb182988bffa9220b92007e16916d9152b1372b8cd8fd1a83e72a7');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"1IDLYMYPymMRvJno","feedback_id":"fb_01m8aqtyeddttypdkhe3e7dc2r","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','e25ad12007064a02c9f44efb7d889cf1fa999cb7593290d0b03d287535bd25a5');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"9175d30959c32365de380c75a5e2edc497deec9273d51846bded42d90f120d27","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8aqtyjq52wxr0hvnsw7gnbc"}','889b44b6296ae52a7adc9c246b28b82a419bbded7e44d47c01af1f2b826bf2fd');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"af585d7d721f758fcf386840ca3df7d71a434e47936b732217abbcff3ebeed68","model":"scripted","erased":"er_01m8aqtyjq52wxr0hvnsw7gnbc"}','fedf9bb953c1c95da215539cc0d33252d49cb8601bd2d1671b15bedda4baa24a');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"43120f73f8c627d3f2507adf633b16795ee181f7e1ce160fae70c5505ec0807c","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8aqtyjq52wxr0hvnsw7gnbc"}','2aee2048bd2e07760609180a0cc155bf0d53598f60bb041584b149ba33ae105a');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"e1ab2b6f9b4c0e2eec8f7c79d803afc14c5a6db259d9d21ef82835cd4de06738","seconds":1.0,"erased":"er_01m8aqtyjq52wxr0hvnsw7gnbc"}','c60668ecd31e2a80918e37aac23358d0c3e870aa26030349fcfedb100918e09b');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"Txi6Z2ONHr1rWJtV","erasure":"er_01m8aqtyjq52wxr0hvnsw7gnbc","events":[[1,4]],"stubs":"e048d2692c4c02826d9c34f31f8511a165c50067bf5598b2e1bcb44052bfaee6","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','1bc4f0cad72bf50c0217f3240ea7d30c3a9024ef8e568910a33b479c011ed2f2');
INSERT INTO "events" VALUES(15,'night_01m8aqtymn1snkrm3a36my9nh9',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"U0juSBSc673yxhKY","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','a9de915538af352e020e3898407f4f73ab1b3e249e70355f6c24b02ba58687bb');
INSERT INTO "events" VALUES(16,'night_01m8aqtymn1snkrm3a36my9nh9',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"BKSyKp6AXH2wmRkM","stage":"search","message":"three candidates"}','024dc773c6b4518d6e6e971c1c5e58afd67e5a069c84869ff42afff7f97b8c59');
INSERT INTO "events" VALUES(17,'night_01m8aqtymn1snkrm3a36my9nh9',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"hy78dVJpQVA_AHp9","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','e6e7d58828f9e9ca847b043bd20a22b4e54f9d46ca30fcb8a9f7ceac5d4a6d3d');
INSERT INTO "events" VALUES(18,'night_01m8aqtymn1snkrm3a36my9nh9',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"CUV2GpWeA6SBcDGm","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','e76843e771d04a84cfa586541773a7e843ee122147f573821c15ddeed1cd3ff5');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"d4JBLpQyo6avOmrX","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','cc9f9ef2a2825d1fe62741e8f36f4a6a96a57f7286dcf5eeaa39af44d9750d93');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"jeaxKihJjDDHq6_2","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8aqtymn1snkrm3a36my9nh9"}}','c82478f8f0ae8554663eec271d352e5f65a55d2312f9e3221629f2f48b1a58b5');
INSERT INTO "events" VALUES(21,'night_01m8aqtymn1snkrm3a36my9nh9',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"nVZouuOmMXg0ZMek","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','ef4a6371ee1c95e7f34e514e7ecf22e0d011a020c4c7a4f051698974dbcda818');
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
INSERT INTO "strop_revision" VALUES('0009');
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
CREATE INDEX runs_by_parent ON runs (parent_run_id);
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
CREATE INDEX runs_by_bundle ON runs (bundle, started_at);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',21);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize="ascii");
