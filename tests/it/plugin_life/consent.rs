//! The user's word is about exactly the bytes that they saw: versions that are swapped in between, bytes that were switched
//! off, and answers about files that are gone.

use super::*;

fn waiting_sha256(home: &Home) -> String {
    let versions = list(&show(home)["versions"]);
    text(&versions.iter().find(|version| version["role"] == "pending").unwrap()["sha256"])
}

#[test]
fn a_version_that_was_swapped_in_between_is_not_accepted() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    let waits = update(&home, &demo("2.0.0", WRITES), &[]).ok().answer();
    let seen = waiting_sha256(&home);
    assert_eq!(waits["accept"], format!("trcaa plugin update demo --accept {seen}"));
    // Somebody, or a timer, brings another one after it was looked at.
    update(&home, &demo("2.0.1", WRITES), &[]).ok();
    let other = home.run(["plugin", "update", "demo", "--accept", &seen, "--json"]).fails(1);
    assert_eq!((other.error_code_of().as_str(), &show(&home)["version"]), ("other_version", &json!("1.0.0")));
    assert!(text(&other.answer()["error"]["message"]).contains(&waiting_sha256(&home)), "{other:#?}");
    // The same where what is named comes from its source at this very moment.
    assert_eq!(update(&home, &demo("2.0.2", WRITES), &["--accept", &seen]).fails(1).error_code_of(), "other_version");
    assert_eq!(show(&home)["version"], "1.0.0");

    let present = waiting_sha256(&home);
    for short in [&present[..11], "demo", &format!("{present}0")] {
        home.run(["plugin", "update", "demo", "--accept", short]).fails(2);
    }
    home.run(["plugin", "update", "demo", "--accept", &present[..12].to_uppercase()]).ok();
    assert_eq!(show(&home)["version"], "2.0.1");
}

#[test]
fn in_a_script_only_a_digest_is_a_yes_and_the_command_is_printed() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    let next = home.file("the next.wasm", demo("2.0.0", WRITES));
    let next = next.to_str().unwrap();
    // With a source: shown, refused, and the command with the digest of what was shown works as it is.
    for yes in [&["--accept"][..], &["--accept", "--yes"]] {
        let run = home.run(["plugin", "update", "demo", next].iter().chain(yes)).fails(2);
        assert!(run.stderr.contains("asks differently to read from and write to"), "{run:#?}");
        let command = format!("trcaa plugin update demo '{next}' --accept ");
        assert!(run.stderr.contains(&command), "{run:#?}");
        assert_eq!((&show(&home)["version"], &show(&home)["pending"]), (&json!("1.0.0"), &Value::Null));
    }
    // `--yes` was typed before anybody saw what came: the version waits.
    let run = home.run(["plugin", "update", "demo", next, "--yes"]).ok();
    assert!(run.stdout.contains("waits for your word"), "{run:#?}");
    let command =
        run.stdout.lines().find_map(|line| line.split_once("exactly this version: trcaa ")).unwrap().1.to_owned();
    for args in [&["plugin", "update", "demo", "--accept"][..], &["plugin", "enable", "demo", "--yes"]] {
        assert_eq!(home.refused(args, 2), "needs_digest");
        let run = home.run(args).fails(2);
        assert!(run.stderr.contains(&command), "{command}: {run:#?}");
        assert_eq!(show(&home)["version"], "1.0.0");
    }
    assert!(home.run(["plugin", "show", "demo"]).ok().stdout.contains(&command));
    home.run(command.split(' ')).ok();
    assert_eq!(show(&home)["version"], "2.0.0");
    // What needs nobody's word goes on needing none.
    update(&home, &demo("2.1.0", WRITES), &["--accept"]).ok();
    assert_eq!(show(&home)["version"], "2.1.0");
}

fn state(home: &Home) -> (Value, Value) {
    let view = home.json(["plugin", "show", "hostile-detector"])["plugin"].clone();
    (view["version"].clone(), view["state"].clone())
}

#[test]
fn going_back_to_bytes_that_were_switched_off_leaves_them_off() {
    let home = Home::new(BINARY);
    let file = home.file("d.wasm", trcaa_runtime::sign(tests::HOSTILE_DETECTOR, "Ada & Co", &ADA).unwrap());
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    let bad = state(&home).0;
    for n in 0..3 {
        let log = home.file("bad.log", format!("trap {n} ada@example.org\n"));
        home.run(["triage", log.to_str().unwrap(), "--out", "nothing", "--json"]).fails(1);
    }
    assert_eq!(state(&home).1, "quarantined");
    let better = home.file("b.wasm", signed(&component("hostile-detector", "9.0.0", ""), &ADA));
    home.run(["plugin", "update", "hostile-detector", better.to_str().unwrap()]).ok();
    assert_eq!(state(&home), (json!("9.0.0"), json!("enabled")), "other bytes did not misbehave");
    // There and back again, and again.
    for _ in 0..2 {
        home.run(["plugin", "rollback", "hostile-detector"]).ok();
        assert_eq!(state(&home), (bad.clone(), json!("quarantined")));
        let reason = text(&home.json(["plugin", "show", "hostile-detector"])["plugin"]["reason"]);
        assert!(reason.contains("3 failures within ten minutes"), "{reason}");
        home.run(["plugin", "rollback", "hostile-detector"]).ok();
        assert_eq!(state(&home), (json!("9.0.0"), json!("enabled")));
    }
    // As another version they need the user's word too, who is told why.
    let back = ["plugin", "update", "hostile-detector", file.to_str().unwrap(), "--allow-downgrade", "--json"];
    let waits = home.run(back).ok().answer();
    assert_eq!(waits["outcome"], "pending");
    assert!(
        waits["difference"]["consent_for"].to_string().contains("these bytes were switched off: 3 failures"),
        "{waits}"
    );
    // Which they give by enabling, once they went back.
    let home = home;
    home.run(["plugin", "update", "hostile-detector", "--accept", &sha256_of(&file)]).ok();
    assert_eq!(state(&home), (bad.clone(), json!("enabled")));
    home.run(["plugin", "rollback", "hostile-detector"]).ok();
    home.run(["plugin", "rollback", "hostile-detector"]).ok();
    assert_eq!(state(&home), (bad, json!("enabled")), "their word took the mark off");
}

fn sha256_of(file: &Path) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(fs::read(file).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn asked(home: &Home) -> i64 {
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    conn.query_row("SELECT count(*) FROM plugin_asked", [], |row| row.get(0)).unwrap()
}

#[test]
fn what_is_remembered_of_drop_ins_is_bounded_and_goes_with_the_files() {
    let home = Home::new(BINARY);
    home.issue("x");
    let folder = home.data().join("plugins");
    fs::create_dir_all(&folder).unwrap();
    // The same file, built again and again.
    for n in 0..12 {
        fs::write(folder.join("a.wasm"), component("demo", &format!("1.0.{n}"), "")).unwrap();
        home.run(["issue", "list"]).ok();
    }
    assert_eq!(asked(&home), 8);
    // A renamed one is not told of again, and its old name is forgotten.
    fs::rename(folder.join("a.wasm"), folder.join("b.wasm")).unwrap();
    assert!(!home.run(["issue", "list"]).ok().stderr.contains("b.wasm"));
    assert_eq!(asked(&home), 1);
    fs::remove_file(folder.join("b.wasm")).unwrap();
    home.run(["issue", "list"]).ok();
    assert_eq!(asked(&home), 0);
}
