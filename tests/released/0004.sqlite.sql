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
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795643847654337);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"nDWldjWbh0tRj6mU","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}','c9657227ef66b3ad74d6c7c54a9a89dec049c69363ae2152cb95bb3456b5e971');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"m_DGOT2Rt4hiBUhZ","model":"scripted","fingerprint":"f1"}','972b80f344d51db509b9486d8c7b423844094cfb02b6112ce42be79c020c6629');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"cI8u17DnWxttjRu3","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','ec59c54a18fb61a015c907befd5b5e4733910332cd9fdd37173416d835f0c3db');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"kiQXmsZDPsx8vbVd","output":"Good morning!","seconds":1.0}','1d91ce8a8a44315638bbccad6b9dc3419f3be5dcae1497c7fa697694a97615b0');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"ZCBMoOAxq1abJfJF","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','866dbd6e65625bd7928e66da61949a74869836425d4b18188b30c210f93ce8e6');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"NxlGNcXLBU2lI-i6","model":"scripted","fingerprint":"f1"}','13d5a9af2738ecd677ea1db3624d3f8406c8319691640addc947fa38a258c318');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"btqOs5tagKcTFvLg","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','43f816f4f4a738c05acbe786d2b46afba8d6909072ecf95efc05c8ec0449aba4');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"1QBD-GrZz5Z-I1Pp","error":"RunFailed","message":"no answer","seconds":1.0}','b4ef380b242ce76713933897accf6b597abf0fc7aabb19b69d28d910e8287b56');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"nz-6ABx3IVyiNgEf","feedback_id":"fb_01m8abdcwd1fn2fg5jgg54bhs4","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better"}}','080911491a6d45616e18b5effaf1b1ed4d1f7d88946dcecd4c04d45653e63300');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$salt":"RiQv3oJHnO6b_LPz","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1"}','deac0c1bfdd9ce286503147858b1377a7e99add32efa68cc515007853670cd94');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$salt":"l4etKbggOo6vg6_o","model":"scripted","fingerprint":"f1"}','2b98396149181c2de451afc9d1237594ecc76fc14c7ef3ac194215243df40e41');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$salt":"i9m1L9syzvBLe3ge","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','84e5a474a99b2152a8beb84479fdb9efc6556a7baab84b5c6d2902487e57b20f');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$salt":"QaeFpcopCZkIRgQg","output":"Good morning!","seconds":1.0}','b41748f1a44405621289648818e4591909e9aea79af5e9461da1966574c76ef0');
INSERT INTO "events" VALUES(14,'night_01m8abdcya9znwvqyjgdq0sbf9',1,'night_started',NULL,NULL,NULL,1772366414000000,'{"$salt":"aXEFTdXzEH6qvD8H","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','90381d5691afb970ee49ac558e37dbafe96f74140efe41ad4845a514c50c63ab');
INSERT INTO "events" VALUES(15,'night_01m8abdcya9znwvqyjgdq0sbf9',2,'stage_reached',NULL,NULL,NULL,1772366415000000,'{"$salt":"6e3H_aBzCGS4AfH4","stage":"search","message":"three candidates"}','3aa16d2769571d4aae2f4baf670db1a494f48bd88903c63450d4c3b5b330cd17');
INSERT INTO "events" VALUES(16,'night_01m8abdcya9znwvqyjgdq0sbf9',3,'rollout_scored',NULL,'r/1',1,1772366416000000,'{"$salt":"Km0JrIxmahd80AHx","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','1a5131c46b0afd598f27e31ecdb423be980cd47e46729fd20bc0d2a54c5a709f');
INSERT INTO "events" VALUES(17,'night_01m8abdcya9znwvqyjgdq0sbf9',4,'evidence_written',NULL,NULL,NULL,1772366417000000,'{"$salt":"Q37XoybVGzu2sgSS","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','6bbb6d6ea8e5cc29b3ebde40e878fc6335d531e19d6e422cc0df97a5e8ebdec3');
INSERT INTO "events" VALUES(18,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366418000000,'{"$salt":"pjLoaOLbgI_fjphW","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','0dab75dd8573200659d36ebbf2425fc69cf5032d01fc7bd784f7417a649b39f1');
INSERT INTO "events" VALUES(19,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"4h8yq7HD4dhlxW-k","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8abdcya9znwvqyjgdq0sbf9"}}','af7f5db4d9af1599e99e120709f95312746ed53a6c0a08df02d669392fac06da');
INSERT INTO "events" VALUES(20,'night_01m8abdcya9znwvqyjgdq0sbf9',5,'night_ended',NULL,NULL,NULL,1772366420000000,'{"$salt":"e7EcGulfOLyYqn9H","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','f7d29052ece64a79eabaca59763ea254c2552ac4c4fe192e3dc06c8e52ab1f03');
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
	events INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run_well','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','finished',1772366401000000,1772366404000000,1,0,10,5,NULL,0,0,NULL,NULL,'Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? Where is my policy? ','Good morning!',4);
INSERT INTO "runs" VALUES('run_failed','claims','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1',NULL,'user','failed',1772366405000000,1772366408000000,1,0,10,5,NULL,0,1,0.0,'RunFailed: no answer','good morning',NULL,5);
INSERT INTO "runs" VALUES('run_child','hello','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','conv_1','run_well','delegation','finished',1772366410000000,1772366413000000,1,0,10,5,NULL,0,0,NULL,NULL,'good morning','Good morning!',4);
CREATE TABLE strop_revision (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT strop_revision_pkc PRIMARY KEY (version_num)
);
INSERT INTO "strop_revision" VALUES('0004');
CREATE TABLE tool_lists (
	bundle VARCHAR(80) NOT NULL, 
	server VARCHAR(120) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	standing VARCHAR(20) NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (bundle, server, digest)
);
CREATE INDEX events_kind ON events (kind, id);
CREATE INDEX runs_newest ON runs (started_at, id);
CREATE INDEX runs_by_agent ON runs (agent, started_at);
CREATE INDEX runs_by_status ON runs (status, started_at);
CREATE INDEX runs_by_conversation ON runs (conversation_id, started_at);
CREATE INDEX runs_by_parent ON runs (parent_run_id);
CREATE INDEX bundles_by_agent ON bundles (agent, created_at);
CREATE INDEX rollouts_by_agent ON rollouts (agent, started_at);
CREATE INDEX rollout_conversations_open ON rollout_conversations (rollout, counted, at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',20);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize="ascii");
