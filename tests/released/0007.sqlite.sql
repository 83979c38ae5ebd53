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
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795646763198293);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"htSnE0vs9UD2RGu_","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}','3ab7099df035af42c2160c0b378f59c5683aeeee1e656ab09bd9afc4470bc8c5');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"PrQp_q86lfx7B2tR","model":"scripted","fingerprint":"f1"}','a9172e21f579f926b5f0c939acb16777887199cd64f9e272acfc450ec4a39a8a');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"z__JlPs1VzijhKqX","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','7de40d0623df580e05cab8f7fafd086335006824f327c936bf3e8e7cafdb4f4a');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"4lfc_vowS470Q2mZ","output":"Good morning!","seconds":1.0}','8ef7ebc8c2b67057c4aa3de4206427842a769f493869809aaa946fb387cfd432');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"ye5eSoaMGcDxD2vK","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','4c02af031cc817d786230421fc2120052d209d9df9d1e32296573c0548449e77');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"4bH-HGf_N1Gi70zM","model":"scripted","fingerprint":"f1"}','55b0564f6a4bbb6a5c3fd856b05e72920ccfb7b7d2e05ff38037011f94f282a8');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"BF0TXQaL1ujLzdHM","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','a2b90825f6c7430f52359f7f021fed871f1eae77742964363699bb1c819d3b53');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"9TqaENUmgWvX2nsv","error":"RunFailed","message":"no answer","seconds":1.0}','dbd4a239a05b333006b25f7b940c8558f9e0fcf9538a4ed34809d9924f6e342e');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"Zt_MgW50nMAsrHYr","feedback_id":"fb_01m8ae6bxd6n2rqr29nmxkzphj","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','721e376beb6d2534b405576d49e9f428fb8356e586e275fec9f4dbe774508558');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"69aa6e9f44c847e009fd78acf21d8656422c9522e54df5ec54ddfe34d8416700","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8ae6c1sbn5navh1cbx2nnyq"}','5b34816cc2b849393cc67db7af5ebd3e9b5519eca1b7c4432fdc35c31578aaa8');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"e413fb61ee5b958819b504dcf5cd04f285733fab21e39f21ff46f0e3eb7b2644","model":"scripted","erased":"er_01m8ae6c1sbn5navh1cbx2nnyq"}','3f0db05db4ff250e1d64816451e2e2ea15a35435fa7d3439247f895f1899efb0');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"56eea595354f089259e944ece7167cac167f92f729f9efa8c77b1561dc4bcc21","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8ae6c1sbn5navh1cbx2nnyq"}','efddc2e2f226922b5d4f5a50b459ccef895dee6512ceccf5cc1c70a6e3ae02e3');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"54f1e025b60fa5300234bb610dd92592e36c54fdb6cc5510b283ed82645f9f27","seconds":1.0,"erased":"er_01m8ae6c1sbn5navh1cbx2nnyq"}','15d3dcc9badc52706dc3e4754e6e813eef0ebd7f8a053c956b3157ea56c13c83');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"uKFEdhJ6DgBFwzoE","erasure":"er_01m8ae6c1sbn5navh1cbx2nnyq","events":[[1,4]],"stubs":"95906a5032f560ca28b19a78069f23b9f89310a83efeccfa00a871540e0b7024","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','48ae8f9f937bb0bb7650712568ff9525b2f433778ed564a4489aa507b98298b6');
INSERT INTO "events" VALUES(15,'night_01m8ae6c4ampbqmhsyjr6z76dr',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"CkkhbS6JQuwmLjTI","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','ee43079d5e396084cea772e5121ce259b4d0e2a3634687b823b274f655656625');
INSERT INTO "events" VALUES(16,'night_01m8ae6c4ampbqmhsyjr6z76dr',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"iiAE2onJnzENYnOk","stage":"search","message":"three candidates"}','407d4dba2c8e1515b99c29371c3ffd3c6ce0e4802e4d96ff4acd0dda544e6b2a');
INSERT INTO "events" VALUES(17,'night_01m8ae6c4ampbqmhsyjr6z76dr',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"FCNGFZv2Od34tAiy","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','669eaecdd0064c15fc02c6d16c9019f5ce11673a60bf078e5c1555563988f54d');
INSERT INTO "events" VALUES(18,'night_01m8ae6c4ampbqmhsyjr6z76dr',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"rfWViO1m_JHGFtQM","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','19e5c1924b8db9da61688d3f75fa1b7e6a32c090b361fbe1c65c01aac1252bf6');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"rlcK5fpbQXjODtjA","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','8fd7bd64bad2d02e28c888dad9742485fd29a3b6ec936c899a23edef2f5e2cd8');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"nuhjMsM0vASK0rKH","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8ae6c4ampbqmhsyjr6z76dr"}}','8d7eff517f155136c3f63f027c6322a109e7cf283aaebf08f48cb24a2ef710f2');
INSERT INTO "events" VALUES(21,'night_01m8ae6c4ampbqmhsyjr6z76dr',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"CorM7wrJSO2h6OcA","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','0e0545bbb3ebcc39b2306506ad8fb07cbadc28647777376d0b42c8fd95ecc461');
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
INSERT INTO "strop_revision" VALUES('0007');
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
CREATE INDEX runs_by_agent ON runs (agent, started_at);
CREATE INDEX runs_by_status ON runs (status, started_at);
CREATE INDEX runs_by_conversation ON runs (conversation_id, started_at);
CREATE INDEX runs_by_parent ON runs (parent_run_id);
CREATE INDEX runs_newest ON runs (started_at, id);
CREATE INDEX bundles_by_agent ON bundles (agent, created_at);
CREATE INDEX rollouts_by_agent ON rollouts (agent, started_at);
CREATE INDEX rollout_conversations_open ON rollout_conversations (rollout, counted, at);
CREATE INDEX run_marks_by_run ON run_marks (run_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',21);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize="ascii");
