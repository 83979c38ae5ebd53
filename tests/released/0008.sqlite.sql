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
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795648011351631);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"NDAiuBvuUmLuKK6S","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802},"metadata":{"channel":"mail"}}','459a250f6c5bf7c580734442557694c7e6a4b8300ea0e4b7b96dff35201224ed');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"PmEGaj6e3pWm2nS1","model":"scripted","fingerprint":"f1"}','1e91ebcdc7e4e402ebe41f4f7bb83163e6081a0f7a2d32556ac6d2b13ec886d0');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"OY6g-DACR112VNDG","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','c01f4bf280c4cbd25d8c8766321fd6ac375941f5d5bb09d75ec4b1169ac30ba0');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"_iTFj1yXBHkHaFto","output":"Good morning!","seconds":1.0}','202d694f9066f0f52a5221e4d0805befdffdbb1d2ebaca2eaaefe357a14be068');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"d6PdRhOReP8y73jG","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','e932f8b06a094ef593ad402655fd91d99605a51bd6d3470386b004ed55d78c67');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"U3xL_Nrz-YsmtgJb","model":"scripted","fingerprint":"f1"}','26fdf79d08abca9c0eac3cbe2ffc0c85788ca03a157c17a2d477349a8452580c');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"SUfrJ54K7eHw6tXR","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','13764acc15f163a990c4f12ccaee15e8882c341f59fd209345b8977245641777');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"8lSsScI732pyX8Hq","error":"RunFailed","message":"no answer","seconds":1.0}','b4b26f06690810f445a7aaa654addc217d537c5564e94497484ed68db63c545a');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"ITbvMnqbWAxSYfY8","feedback_id":"fb_01m8afcdcqjqrdt8t3wpy8f0fj","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','1fa123cd6d09fd78b33615f196561bb88d61425627e6c4f9abace547f132f810');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"3f37225ad86b4be5b4fd40042c7757254384e2a3afd8909ed4c42f07fde6d637","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8afcdwfehc7bkeav4d29fgw"}','54ba793e82b92f140bd310d06ad97176e8763c6dd34f8ad22f0eaabc65cb3e78');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"0a95d2ae5bb809aa63febc2b1e2338316590306e1961fdd063f9664765ced894","model":"scripted","erased":"er_01m8afcdwfehc7bkeav4d29fgw"}','0265c0debe43e76a95f07aab759c298dbcce489c136e0c62ecbbe5784291af90');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"088f20c20a53519a6d0de41b483517abfadda295d78e0bc6cfd4ae6a77f964fe","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8afcdwfehc7bkeav4d29fgw"}','5a271c935456fd271ba41aa59f3bbc2786c4166c8ad4f1f0c74f90c869985d56');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"3ea51b315010ad7a7540987c9a0d5d7b692eef94e710e86b8674c2a766efc8b3","seconds":1.0,"erased":"er_01m8afcdwfehc7bkeav4d29fgw"}','c6d3b9cea0a1eeb8fe69abd400d2c4e0e81d575a4d97d63100be531c235737a7');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"XjYqXrq-E44d0hUI","erasure":"er_01m8afcdwfehc7bkeav4d29fgw","events":[[1,4]],"stubs":"392e1fe59b15efcc52b44d5cbde93e5bb6ae32fab9fab8e3a771cf2035a21e3c","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','310e5b2b8bf67dfc68d0b4bba50f5ef95f98d92fda1e57b39f25054d6e67ec66');
INSERT INTO "events" VALUES(15,'night_01m8afcen6nxwwfzczrpxxrjtb',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"YDRFGRQvtb5Hm2N7","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','4dd51ded6f222b530a612b6901be9ae49d45a87f21f51bf6619361777c145f25');
INSERT INTO "events" VALUES(16,'night_01m8afcen6nxwwfzczrpxxrjtb',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"afQqNdcdMxGvX0XV","stage":"search","message":"three candidates"}','f6c13153de302d8d54f5811b5434ff01960ac40626e23004f01635c15ddba94b');
INSERT INTO "events" VALUES(17,'night_01m8afcen6nxwwfzczrpxxrjtb',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"zpebgnyV4iQrh6Rf","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','75ee81dfec77435eec1014363f1292f10036b57d29755879fe718a1dac72c370');
INSERT INTO "events" VALUES(18,'night_01m8afcen6nxwwfzczrpxxrjtb',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"RxU3eeD8Vteg9vzi","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','251dd00cc4ba73df0ca016d6cd97154b5f523308f8ab948b70384646d892e026');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"_JF89viLtLqmQo04","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','3fa1ffdcb9ab86a112d77cb06272321a26ef9361cdd176cccede79e4c87dded0');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"CQ_QJcwWke-LkqEZ","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8afcen6nxwwfzczrpxxrjtb"}}','8af78aee8e85efa33e2643b9a78068bd8fd52454a8919fd7999fcdeb90c91e2f');
INSERT INTO "events" VALUES(21,'night_01m8afcen6nxwwfzczrpxxrjtb',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"AcezDTyLtB6DaOdH","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','732d30bb58af230f3f01243f76c5e8d1e863a01c0c1733736225ee2aa3d232c1');
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
INSERT INTO "strop_revision" VALUES('0008');
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
