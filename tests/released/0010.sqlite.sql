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
INSERT INTO "bundles" VALUES('sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158','hello','{"agent":"hello","instructions":"Greet by name.","rules":[],"demonstrations":[],"model":"test:scripted","settings":{},"output_schema":null,"tools":[],"delegates":[],"tool_texts":{},"reasoning_chars":0,"reasoning_hint":"","limits":{"steps":12,"seconds":600.0,"tokens":null,"tool_bytes":65536}}','sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356','optimizer','machine','','proposed','sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402',1795658614901204,NULL);
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
INSERT INTO "events" VALUES(1,'run_well',1,'run_started',NULL,NULL,NULL,1772366401000000,'{"$salt":"GsNhPJWoahaUSTfR","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","metadata":{"channel":"mail"},"input":{"$blob":"sha256:cca8b86acf21b07f12c00a8321a3a4ffbf5be8e6042ac5caeb0fae8fdaf26411","bytes":802}}','7e266d9e96c26fb4cb1448c7111baa5bc5dbcef59b6cc153b9aecadb4edc2dcf');
INSERT INTO "events" VALUES(2,'run_well',2,'model_requested',1,'model/1',1,1772366402000000,'{"$salt":"XNqu3RCWipqyxhEk","model":"scripted","fingerprint":"f1"}','e24de646c4241bb585d89e2c4113c36e5ad379490aa48ad4112992a8e26df325');
INSERT INTO "events" VALUES(3,'run_well',3,'model_replied',1,'model/1',1,1772366403000000,'{"$salt":"swN5YcXYVKs_8-Qh","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','f70d9a6704b64904a0dcc72890b94ec890df41e95f0c9e2e06782b750562635e');
INSERT INTO "events" VALUES(4,'run_well',4,'run_finished',NULL,NULL,NULL,1772366404000000,'{"$salt":"Zzo6jFY84KnL-m2C","output":"Good morning!","seconds":1.0}','bdebedf3e38707831a036206e64e3373a86a9029fa191203cb4c38ce5e128ba1');
INSERT INTO "events" VALUES(5,'run_failed',1,'run_started',NULL,NULL,NULL,1772366405000000,'{"$salt":"5sxbW2Li9QjjA2fm","agent":"claims","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"conv_1","input":"good morning"}','c4d97c92098957a536f722c215086bebb7317c8fb7790bf956f5a6bf58642386');
INSERT INTO "events" VALUES(6,'run_failed',2,'model_requested',1,'model/1',1,1772366406000000,'{"$salt":"nJW8w8wr6HNTQcO6","model":"scripted","fingerprint":"f1"}','22519956aa934c3504f0f85aa8087417bae8150c2d08c1668e678d8b0eeecb09');
INSERT INTO "events" VALUES(7,'run_failed',3,'model_replied',1,'model/1',1,1772366407000000,'{"$salt":"6MWqNj1fYp6VAfQS","model":"scripted","response":{"kind":"response","parts":[{"part_kind":"text","content":"Good morning!"}]},"input_tokens":10,"output_tokens":5,"seconds":0.5}','08c101da2ed5c1af5da76a3d5fdd1a38c70c3367508e5974437de080cd39abcd');
INSERT INTO "events" VALUES(8,'run_failed',4,'run_failed',NULL,NULL,NULL,1772366408000000,'{"$salt":"DLUB4GwsLFzeWQBG","error":"RunFailed","message":"no answer","seconds":1.0}','5481bd66b8382522b8d16316c1a33d36681a59ed1c404381e1df0e0c6d73f5c8');
INSERT INTO "events" VALUES(9,'run_failed',5,'feedback_given',NULL,NULL,NULL,1772366409000000,'{"$salt":"3kAjemDawQAJf_S2","feedback_id":"fb_01m8asg1te4mvyrspgc81z5d2z","score":0.0,"correction":{"team":"harbour"},"provenance":{"by":"m.keller","reason":"it reads better","role":"approver"}}','75d59d4b8ff59525028e34ca772a834af2094e947c94b2a0f45d78c1034991a3');
INSERT INTO "events" VALUES(10,'run_child',1,'run_started',NULL,NULL,NULL,1772366410000000,'{"$erased":"027f7886a3e747ad2af25ea1de8f032f3f0233307ae68416d4014a8c22c50fe5","agent":"hello","bundle":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","conversation_id":"erased_1","origin":"delegation","parent_run_id":"run_well","parent_op":"tool/1","erased":"er_01m8asg1zezphx2gez0d4zkzdn"}','d16f663229d67b6e7ad66a1a2d27fa1910bd12d38866ca3bfdad1bc540f31ff3');
INSERT INTO "events" VALUES(11,'run_child',2,'model_requested',1,'model/1',1,1772366411000000,'{"$erased":"5342760972f923bc72562220a36c710b83c1966fab9dc0fcef0a6173b7427456","model":"scripted","erased":"er_01m8asg1zezphx2gez0d4zkzdn"}','22e68b817160475702de16c2e0a7447402e7af2a7f029012a318eee8cf7ecb45');
INSERT INTO "events" VALUES(12,'run_child',3,'model_replied',1,'model/1',1,1772366412000000,'{"$erased":"01515751be5ccc51a203cad5e13cbdff9f93d6ca09943eb0a454f763f7b46664","model":"scripted","input_tokens":10,"output_tokens":5,"seconds":0.5,"erased":"er_01m8asg1zezphx2gez0d4zkzdn"}','e4f421b4cca94e2d8b1003e28829c09b5f207351aa1da5877c93701b78f79f0f');
INSERT INTO "events" VALUES(13,'run_child',4,'run_finished',NULL,NULL,NULL,1772366413000000,'{"$erased":"6cbac0729b804d5c08bf909311aa4998bb3a60aef601aef752468a3cc0350568","seconds":1.0,"erased":"er_01m8asg1zezphx2gez0d4zkzdn"}','d7f4ba52fdd6bd90bafe2fadd754cf385e5f80ce3a7b1c5b87f677d8fbcf6286');
INSERT INTO "events" VALUES(14,'run_child',5,'words_erased',NULL,NULL,NULL,1772366414000000,'{"$salt":"HJpyk2N2e3v_u061","erasure":"er_01m8asg1zezphx2gez0d4zkzdn","events":[[1,4]],"stubs":"372d25ca93d2b07062dbd040ce365e840c7d733c1fa8389d18bcbd4c6cb57424","whole":true,"provenance":{"by":"m.keller","reason":"the customer asked"}}','1e77ed5eb5caf85932124ac585f6b86db61d5271f93fb516e454985b604390f9');
INSERT INTO "events" VALUES(15,'night_01m8asg222b9rffp804ay69249',1,'night_started',NULL,NULL,NULL,1772366415000000,'{"$salt":"FZn9u6AZ-gQQBwAL","agent":"hello","incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","settings":{}}','29497557c353cad1d2a63dcec33b5c240a2907437abe8e989c7492f551b84700');
INSERT INTO "events" VALUES(16,'night_01m8asg222b9rffp804ay69249',2,'stage_reached',NULL,NULL,NULL,1772366416000000,'{"$salt":"wVw8cWNIUciUkgCw","stage":"search","message":"three candidates"}','b41cc99202d43362b698d27373bfffe81bb883477e0aa435c4244038ce2a5b6b');
INSERT INTO "events" VALUES(17,'night_01m8asg222b9rffp804ay69249',3,'rollout_scored',NULL,'r/1',1,1772366417000000,'{"$salt":"4UCXFMOLPbg0L0Lf","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","example":"e1","replica":1,"pool":"sealed","score":1.0}','b762f2c3aa6c0b8ee9216f411a72fb1a54146005bdb3784af338da6ea449671a');
INSERT INTO "events" VALUES(18,'night_01m8asg222b9rffp804ay69249',4,'evidence_written',NULL,NULL,NULL,1772366418000000,'{"$salt":"pkVMCuiq9ZMBKEpn","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","verdict":"better","evidence":{"$blob":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","bytes":957}}','902272e4bf55cd98ad5ba9e5bf520bfcef72151144f2b1512569a50f2efc219c');
INSERT INTO "events" VALUES(19,'decisions_hello',1,'decision_made',NULL,NULL,NULL,1772366419000000,'{"$salt":"ewE-lZU48mZxGOuW","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"draft","to_state":"evaluated","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"}}','9ecc510ad54b08c1e0bd7aec1e54b156c13667ce17897cd138d475dbf2134b57');
INSERT INTO "events" VALUES(20,'decisions_hello',2,'decision_made',NULL,NULL,NULL,1772366420000000,'{"$salt":"8fddGiupUDYR6fm-","agent":"hello","bundle":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158","from_state":"evaluated","to_state":"proposed","shown":"sha256:f3667f8e1f928180c7a597ce36503b283ab5b2e4f321c1fdff50d0755c836402","against":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","author":"optimizer","provenance":{"by":"optimizer","actor":"machine","reason":"the night found it"},"detail":{"summary":"20 % -> 60 %","got_better":[{"example":"e1","input":"burst pipe","before":"bridge","after":"harbour"}],"got_worse":[],"incumbent":"sha256:966f912d9e0842d9c19177feb25695ffddb505eac1f2569d45baf1336055a356","night":"night_01m8asg222b9rffp804ay69249"}}','74f6d322ca29e07c8b3bfcd584329d79c8d42f1635f22afed92234a64c071eee');
INSERT INTO "events" VALUES(21,'night_01m8asg222b9rffp804ay69249',5,'night_ended',NULL,NULL,NULL,1772366421000000,'{"$salt":"s8yZ4ZD86K0cv8_Y","verdict":"better","reasons":["it is better"],"proposal":"sha256:7dbf2e135995a2d6fb5c277ab499d53807046a488cf4d387b6ba35c134ae6158"}','e560df8bad916d2ad6737e7d44799cbc537ae739c57ffa133df08abeefcbfdaf');
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
INSERT INTO "strop_revision" VALUES('0010');
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
