//! What each rule finds and what it leaves alone, as a reader of logs would say it.
//!
//! Both bundled detectors together: what is a name's and what a form's business is theirs, not the reader's.
//! In an expectation `«…»` marks what must be covered in full; everything else must stay untouched.
#![allow(clippy::unwrap_used, missing_docs)]

fn detect(text: &str) -> Vec<pii_base::Span> {
    let mut spans = pii_base::detect(text);
    spans.extend(pii_secrets::detect(text));
    spans
}

/// Checks that exactly the marked parts of `marked` are covered.
#[track_caller]
fn check(marked: &str) {
    let (mut text, mut wanted) = (String::new(), Vec::new());
    let mut inside = false;
    for character in marked.chars() {
        match character {
            '«' => inside = true,
            '»' => inside = false,
            other => {
                text.push(other);
                wanted.extend(std::iter::repeat_n(inside, other.len_utf8()));
            }
        }
    }
    let mut covered = vec![false; text.len()];
    let spans = detect(&text);
    for span in &spans {
        covered[span.start..span.end].fill(true);
    }
    let found: Vec<_> = spans.iter().map(|span| (span.label, &text[span.start..span.end])).collect();
    assert_eq!(covered, wanted, "{marked}\nfound {found:?}");
}

#[track_caller]
fn check_label(text: &str, label: &str) {
    let labels: Vec<_> = detect(text).iter().map(|span| span.label).collect();
    assert_eq!(labels, [label], "{text}");
}

#[track_caller]
fn check_clean(texts: &[&str]) {
    texts.iter().for_each(|text| check(text));
}

#[test]
fn ipv4_addresses_are_told_from_versions() {
    check("from «192.0.2.7» port 22");
    check("[«192.0.2.7»]:80, «10.1.2.3»:8080, «10.1.2.0»/24.");
    check("node7/«10.1.2.3»:50010 http://«10.0.0.9»/x");
    check(r"line\n«10.0.0.9»\nnext");
    check("range «10.0.0.1»-«10.0.0.9»");
    check("rhost=«218.188.2.4» ");
    check("server version 8 saw «10.9.8.7»");
    check_clean(&[
        "version 1.2.3.4 and v1.2.3.4 and app_version=4.3.2.1",
        "upgraded from 1.2.3.4 to 1.2.3.5",
        "256.1.1.1 1.2.3 1.2.3.4.5 01.2.3.4 openssl-1.0.2.7 1.2.3.4-rc1 1.2.3.4-2",
        "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
        "listening on 127.0.0.1:80 and 0.0.0.0:443, mask 255.255.255.0",
    ]);
}

#[test]
fn what_is_written_in_another_form_is_found() {
    check("card «４１１１ １１１１ １１１１ １１１１» x");
    check("card «4111\u{200b}1111\u{200b}1111\u{200b}1111» x");
    check("from «１９２．１６８．１．７» port");
    check("ｐａｓｓｗｏｒｄ＝«hunter3» x");
    check("pass\u{200b}word=«hunter3» x");
    check("mail «ada%2540example.org» x");
    check("mail «ada&#64;example.org» or «bob\\x40example.org» x");
    check(r#"{"log":"{\"mail\":\"«ada\\u0040example.org»\"}"}"#);
    // `user=ada password=hunter2 host=db`, once and twice.
    check("d=«dXNlcj1hZGEgcGFzc3dvcmQ9aHVudGVyMiBob3N0PWRi» x");
    check("d=«ZFhObGNqMWhaR0VnY0dGemMzZHZjbVE5YUhWdWRHVnlNaUJvYjNOMFBXUmk=» x");
    check_clean(&["100%25 of a%20b", "\u{feff}plain text – with\u{a0}signs", "caf\\u00e9 &amp; bar"]);
}

#[test]
fn values_named_by_an_attribute_are_covered() {
    check(r#"{"name":"DB_PASSWORD","value":"«hunter2»"}"#);
    check("- name: DB_PASSWORD\n  value: «hunter2»\n- name: X\n  value: ok");
    check("<add key=\"ApiKey\" value=\"«abcd1234efgh»\"/>");
    check("<entry key=\"password\">«hunter2»</entry>");
    check_clean(&["- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password"]);
}

#[test]
fn passwords_in_sentences_and_statements() {
    check("login with password «hunter2!» failed");
    check("the password is: «hunter2x»");
    check("ALTER USER ada IDENTIFIED BY '«hunter2»'; SET PASSWORD FOR ada = '«hunter3»'");
    check("requirepass «S3cr3t1»\nmasterauth «S3cr3t2»");
    check_clean(&[
        "failed with password authentication",
        "Accepted password for ada from host",
        "(using password: YES)",
    ]);
}

#[test]
fn ipv6_addresses_are_told_from_clocks_and_paths() {
    check("peer «2001:db8::7» and «fe80::1»%eth0, [«2001:db8::1»]:443");
    check("addr:«2001:db8:1:2:3:4:5:6» x");
    check("mapped «::ffff:10.1.2.3» here");
    check("«2001:DB8:0:0:8:800:200C:417A»:8080: refused");
    check_clean(&[
        "12:34:56 and 1:2:3",
        "std::ab::cd::new() a::b Foo::Bar",
        "::1 and ::",
        "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
    ]);
}

#[test]
fn hardware_addresses_come_in_three_forms() {
    check("mac address «001B44113AB7», mac=«001b44113ab7» x");
    check("IN=eth0 MAC=«00:1b:44:11:3a:b7:00:50:56:c0:00:08:08:00» SRC=«192.0.2.7»");
    check("«00:1b:44:11:3a:b7», «00-1B-44-11-3A-B7», «001b.4411.3ab7»");
    check("link/ether «02:42:ac:11:00:02» brd ff:ff:ff:ff:ff:ff");
    check_clean(&["00:00:00:00:00:00", "00:1b:44:11:3a", "2024.1105.1234", "00:1b:44-11:3a:b7"]);
}

#[test]
fn mail_addresses_need_a_domain() {
    check("cc «bob.o'neil@example.com», to='«ada@example.org»'");
    check("from=<«ada.b+tag@mail.example.org»>, size=3");
    check("mailto:«ada@example.org». Next");
    check("?user=«ada%40example.org»&x=1");
    check(r#"{"m":"«ada\u0040example.org»"}"#);
    check("«ünï@exämple.org» wrote");
    check_clean(&["user@localhost", "react@18.2.0", "getty@tty1.service", "a@b", "@handle", "x@.org", "Foo@1a2b3c"]);
}

#[test]
fn urls_with_credentials_are_covered_whole() {
    check("open «postgres://ada:pw@db.example:5432/x» : timeout");
    check("to (\"«https://u:p%40ss@h.example/x»\"), then");
    check(r"«https:\/\/u:p@h.example\/x» end");
    check("«smtp://u%40d.example:pw@mail.example:587» x");
    check("«redis://:se/cret@h.example:1» x");
    check("next=«https%3A%2F%2Fu%3Apw%40h.example» x");
    check("dsn «root:pw»@tcp(db:3306)/x");
    check_clean(&["https://h.example/x?y=1", "ssh://git@h/x", "https://h.example:8080/@scope/x", "http://h/a:b@c"]);
    check_label("amqp://u:pw@mq.example/x", "UrlWithCredentials");
}

#[test]
fn values_of_secret_names_are_covered() {
    check("password=«x7!» PGPASSWORD=«abc»");
    check(r#"{"user":"ada","password":"«hun\"ter»","n":1}"#);
    check(r#"{"log":"{\"api_key\":\"«ab12\"#);
    check("db.password: «s3cret», retry");
    check("client-secret = «a.b-c»;");
    check("clientSecret: '«two words»'");
    check("<password>«abc»</password> <password>«,x»</password>");
    check("GET /x?token=«abcd»&page=2 200");
    check("tool --password «pw1» --verbose --api-key=«k1» --port 80");
    check("mysql -h db -u root -p«pw1» shop");
    check("curl -u «ada:pw1» https://h.example");
    check("ALTER USER x WITH PASSWORD '«pw1»';");
    check("Server=«db1»;Uid=app;Pwd=«a,b»;Port=1");
    check("AccountKey=«Zm9vYmFyYmF6cXV4==»;EndpointSuffix=x");
    check("{user=ada, password=«abc»}");
    check("otp=«123456» cvv=«123»");
    check("ada with password \"«pw1x»\" failed; the password is «pw1xyz», the password for ada: «pw1xyz»");
    check("X-Api-Key: «0a1b2c3d4e»");
}

#[test]
fn long_values_are_covered_to_their_end() {
    let long = "a1B2c3D4".repeat(1200);
    check(&format!("client_secret=«{long}» x"));
    check(&format!("{{\"assertion_token\":\"«{long}»\",\"n\":1}}"));
}

/// Base64 lines of a key of about `bytes` bytes.
fn key_lines(bytes: usize) -> String {
    (0..bytes / 65).map(|n| format!("{}{n:08}\n", "aB3/x+Qz".repeat(7))).collect()
}

#[test]
fn secrets_of_any_length_are_covered_to_their_end() {
    let long = "a1B2c3D4".repeat(8000);
    check(&format!("password=«{long}» x"));
    check(&format!("{{\"api_key\":\"«{long}»\",\"n\":1}}"));
    check(&format!("<password>«{long}»</password>"));
    check(&format!("GET /x?token=«{long}»&page=2 200"));
    check(&format!("Authorization: Bearer «{long}» done"));
    check(&format!("sent Bearer «{long}» there"));
    check(&format!("Cookie: «a=1; session={long}; b=2» GET"));
    check(&format!("with «ghp_{long}» x"));
    check(&format!("jwt «eyJhbGciOiJIUzI1NiJ9.{long}.{long}» x"));
    check(&format!("mysql -h db -p«{long}» shop"));
    check(&format!("the password is «{long}» x"));
    check(&format!("«https://u:{}@h.example/{long}» y", &long[..4096]));
}

#[test]
fn a_mask_is_short_and_what_goes_on_behind_it_is_not_one() {
    check(&format!("password=«{}S3cret» x", "*".repeat(20_000)));
}

#[test]
fn private_keys_of_any_length_are_covered_to_their_end() {
    let lines = key_lines(40_000);
    check(&format!("x\n«-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----»\nafter"));
    check(&format!("x\n«-----BEGIN PRIVATE KEY-----\n{}»\nafter the key", lines.trim_end()));
    let escaped = lines.replace('\n', "\\n");
    check(&format!("{{\"k\":\"«-----BEGIN PRIVATE KEY-----\\n{escaped}-----END PRIVATE KEY-----»\"}}"));
    // Another message among the lines, with and without the end of the key in the text.
    let message = "12:00:01 worker 7 said hello\n";
    check(&format!("«-----BEGIN PRIVATE KEY-----\n{lines}{message}{lines}-----END PRIVATE KEY-----»\nafter"));
    check(&format!("«-----BEGIN PRIVATE KEY-----\n{lines}{message}{}»\nafter the key", lines.trim_end()));
}

#[test]
fn values_below_their_name_are_covered() {
    check("password:\n    «S3cretOnNextLine9»\nnext: 1");
    check("password=\n  «x1y2z3»\nx");
    check("INFO new password:\r\n    «S3cretOnNextLine9»\r\nnext");
    check("apiKey: |\n  «abcd1234\n  efgh 5678\n\n  last»\nnext: 1");
    check("  - apiKey: |-\n      «abcd1234»\n    user: ada");
    check("token: >\n  «a1b2c3d4e5»");
    check("password: |2- # note\n    «two words»\nx");
    check("\"password\":\n    \"«two words»\",\n  \"n\": 1");
    check("client_secret:\n  «Zm9vYmFyYmF6\n  cXV4cXV4cQ==»\n  user: ada");
    let many = "  line of it\n".repeat(80);
    let spans = detect(&format!("password: |\n{many}"));
    assert_eq!(spans.iter().map(|span| span.end - span.start).collect::<Vec<_>>(), [64 * 13 - 3]);
    check_clean(&[
        "secret:\n  secretName: x1y2z3\n  optional: true",
        "secret:\n  name: x1\n",
        "password:\nS3cretSameIndent9",
        "  password:\n  S3cretSameIndent9",
        "password:\n  expired",
        "invalid token:\n    at com.example.Token.parse(Token.java:12)",
        "wrong password:\n    Permission",
        "password: |\nnext",
        "private_key:\n  /etc/ssl/private.pem",
        "password:\n  ${PW_FROM_ENV}",
        "message: |\n  abcd1234efgh",
        "\"secret\":\n  {\n",
    ]);
}

#[test]
fn names_that_only_sound_secret_stay() {
    check_clean(&["Result<Secret>, x: u8) {", "Vec<Secret> { }"]);
    check_clean(&[
        "3 tests pass: 17, bypass=1, compass: north, passed=4",
        "password: expired; token: invalid; secret=null password=**** api_key=${API_KEY} password=<password>",
        "Failed password for invalid user root from",
        "max_tokens=4096 token_type=bearer next_token=abc1 key=user:17 primary_key=12 cache_key=ab12cd34",
        "PWD=/srv/app private_key=/etc/ssl/key.pem",
        "password= user=ada",
        "password=[Password_1] token=[ApiKey_12]",
        "password is required; password for ada: changed; password was reset 3 times; volume: secret \"db\" not found",
        "Token::new() secrets: 4 author=ada",
    ]);
}

#[test]
fn headers_with_proof_are_covered() {
    check("Authorization: Bearer «abc.def-1» done");
    check("Authorization: Basic «YWRhOnB3» done");
    check(r#"-H "Authorization: token «abcdef012345»" https"#);
    check(r#"{"authorization":"Bearer «abcdef012345»"}"#);
    check("sent Bearer «abcdef012345» there");
    check("Cookie: «a=1; session=xyz» GET");
    check("Set-Cookie: «sid=abc»; Path=/; HttpOnly");
    let digest = "0123456789abcdef0123456789abcdef";
    check(&format!("sent wordpress_logged_in_{digest}=«ada%7C1718000000%7Cx9Kq2m» and wordpress_test_cookie=WP"));
    check(&format!("sent wordpress_sec_{digest}=«ada|1718000000|x9Kq2m»; wordpress_{digest}=«ada|1718000000|x9Kq2m»"));
    check(&format!("wordpress_{digest}= wordpress_plugin_{digest}=ada-and-more-of-it wordpress_{digest}=short"));
    check("JSESSIONID=«0A1B2C»");
    check_clean(&[
        "bearer token missing",
        "basic authentication failed",
        "Basic auth",
        "a bearer of news",
        "Authorization: Bearer",
    ]);
}

#[test]
fn tokens_are_known_by_their_form() {
    let a = |count: usize| "a1B2".repeat(count);
    check(&format!("with «ghp_{}» x", a(9)));
    check(&format!("id «AKIAABCDEFGHIJKLMNOP» / «{}» x", a(10)));
    check(&format!("hook «xoxb-123456789012-{}» x", a(4)));
    check(&format!(r"x\n«glpat-{}»\n", a(5)));
    check(&format!("token%3D«ghp_{}»", a(9)));
    check(&format!("bot 123456789:AA{}x", a(3)));
    check(&format!("«123456789:AA{}b» x", a(8)));
    check("https://«hooks.slack.com/services/T0000/B0000/abcdefghijkl» x");
    check("jwt «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln» x");
    check_clean(&[
        "eyJub3RhIjp0b2tlbn0.abc.def x",
        "ghp_short",
        "sk-learn-tutorial",
        "AKIA1234",
        "AKIAABCDEFGHIJKLMNOPQ",
    ]);
}

#[test]
fn aws_secret_keys_need_company() {
    let secret = "a1B2".repeat(10);
    check(&format!("aws secret «{secret}» x"));
    check_clean(&[&format!("blob {secret} x")]);
}

#[test]
fn text_in_base64_is_looked_into() {
    // {"user":"ada","password":"hunter2"} and a harmless sentence.
    check("blob «eyJ1c2VyIjoiYWRhIiwicGFzc3dvcmQiOiJodW50ZXIyIn0=» x");
    check_clean(&["blob YSBoYXJtbGVzcyBzZW50ZW5jZSBoZXJl x"]);
}

#[test]
fn private_keys_are_one_span_even_when_cut_off() {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    check(&format!("x\n«-----BEGIN RSA PRIVATE KEY-----\n{line}\n{line}\nAb==\n-----END RSA PRIVATE KEY-----»\nafter"));
    check(&format!("x\n«-----BEGIN PRIVATE KEY-----\n{line}\n{line}»\nafter the key"));
    check(&format!(r#"{{"k":"«-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----»\n"}}"#));
    check_clean(&[&format!("-----BEGIN CERTIFICATE-----\n{line}\n-----END CERTIFICATE-----")]);
    check_label(&format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{line}"), "PrivateKey");
}

#[test]
fn cards_need_an_issuer_and_a_check_digit() {
    check("card=«4111111111111111» «5555-5555-5555-4444», «3782 822463 10005» end");
    check("card «4222222222222» x");
    check_clean(&[
        "order 4111111111111112",
        "id 4222222222222",
        "9111111111111117",
        "0.4111111111111111",
        "1718000000123",
    ]);
}

#[test]
fn account_numbers_need_their_check_digits() {
    check("«DE89370400440532013000», «GB29 NWBK 6016 1331 9268 19» x");
    check_clean(&[
        "DE88370400440532013000",
        "DE8937040044053201300",
        "XX89370400440532013000",
        "DE893704004405320130001",
    ]);
}

#[test]
fn social_security_numbers_need_an_assigned_area() {
    check("applicant «536-22-8712» ok; ssn: «536228712»; SSN «536 22 8712»");
    check_clean(&[
        "000-12-3456 666-12-3456 900-12-3456 536-00-1234 536-22-0000",
        "536228712",
        "536 22 8712",
        "1536-22-8712",
        "536-22-87121",
    ]);
}

#[test]
fn telephone_numbers_need_a_form_or_a_name() {
    check("call «(206) 540-4808» or «+1 415 555 2671» or «+442079460958» or «206-540-4808»");
    check("tel: «020 7946 0958», phone=«5404808» «1-206-540-4808» «206.540.4808»");
    check("fax «+49 30 901820», «+44 20 7946 0958» 200 51234 7");
    check("«(206) 540-4808x123» «+1-206-540-4808 ext. 12»");
    check_clean(&[
        "200 123 4567",
        "2023-11-14 22:13:23 +0100",
        "+12345",
        "port 8080",
        "1718000000",
        "12.345.6789",
        "pid 123 456 7890",
    ]);
}

#[test]
fn host_names_need_a_form_or_a_name() {
    check_clean(&["status installed hostname:amd64 3.23", "config.h.in update-rc.d.pl"]);
    check("at «db-01.shop.internal», «web3.corp» and «ip-10-0-0-1.ec2.internal».");
    check("for «ns1.marry-host.example.com» [x]");
    check("rhost=«n219-7.netv.example» host=«db01» hostname: «web-3»");
    check_clean(&[
        "app.log main.rs java.lang.NullPointerException com.example.shop.net nova.osapi_compute.wsgi.server",
        "host=localhost server: starting node=leader host: unreachable",
        "kubernetes.io/hostname registry.k8s.io/pause:3.9 www.example.com docs.example.org",
        "self.socket.local() lib-1.2.so settings.local",
    ]);
}

#[test]
fn what_only_identifies_a_request_stays() {
    check_clean(&[
        "trace_id=9cb38365a85fd9b03e1669cf862e7275 span_id=d58e78275e3e19d3",
        "sha256:1f1150a67a4ef8ec94b09c7b64479916d849632cdbce7a86e9318aeb2b275f51",
        "uuid 6513270e-269e-4d37-b2a7-4de452e6b438 session_id=6513270e-269e-4d37-b2a7-4de452e6b438",
        "2023-11-14T22:13:23.123456Z INFO [main-7] pid=1234 rss=104857600 at 1718000000123 took 61.618ms",
        "GET /api/v1/pods/4421 HTTP/1.1 200 77692",
    ]);
}

#[test]
fn colours_of_a_terminal_hide_nothing() {
    check("\u{1b}[31mpassword=«abc»");
}
