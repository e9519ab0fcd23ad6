//! What a publisher who turned bad, or a thief of the place that plugins come from, can't do without the user's word.

use super::*;

#[test]
fn a_version_of_nobody_or_of_no_higher_number_or_gone_back_from_waits_for_the_users_word() {
    let home = Home::new(BINARY);
    let plain = |version: &str, mark: u8| {
        let mut bytes = component("demo", version, READS);
        // A custom section: other bytes, the same plugin.
        bytes.extend([0, 3, 1, b'm', mark]);
        bytes
    };
    let file = home.file("demo.wasm", plain("1.0.0", 0));
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes", "--grant", "none"]).ok();
    let waits = update(&home, &plain("1.0.1", 0), &[]).ok().answer();
    assert_eq!(waits["outcome"], "pending", "an unsigned one asks for nothing more: {waits}");
    assert!(text(&waits["difference"]["consent_for"][0]).contains("unsigned"), "{waits}");
    assert_eq!(show(&home)["version"], "1.0.0");
    // A timer asks again: nothing is done twice.
    assert_eq!(update(&home, &plain("1.0.1", 0), &[]).ok().answer()["outcome"], "pending");
    assert_eq!(actions(&home).iter().filter(|action| *action == "plugin_updated").count(), 1);
    accept(&home);
    let view = show(&home);
    assert_eq!((&view["version"], &view["grants"]), (&json!("1.0.1"), &json!([])), "consent to bytes grants nothing");

    let home = Home::new(BINARY);
    let ours = |version: &str, mark: u8| signed(&plain(version, mark), &ADA);
    install(&home, &ours("1.1.0+b", 0));
    for (bytes, reason) in [(ours("1.1.0+b", 1), "same version"), (ours("1.1.0+zzz", 0), "same version")] {
        let waits = update(&home, &bytes, &[]).ok().answer();
        assert_eq!(waits["outcome"], "pending", "{waits}");
        assert!(text(&waits["difference"]["consent_for"][0]).contains(reason), "{waits}");
    }
    assert_eq!(update(&home, &ours("1.2.0", 0), &[]).ok().answer()["outcome"], "active");
    home.run(["plugin", "rollback", "demo"]).ok();
    let waits = update(&home, &ours("1.2.0", 0), &[]).ok().answer();
    assert_eq!((&waits["outcome"], &show(&home)["version"]), (&json!("pending"), &json!("1.1.0+b")));
    assert_eq!(update(&home, &ours("1.3.0", 0), &[]).ok().answer()["outcome"], "active");
    // Numbers that have no order are no versions.
    assert_eq!(update(&home, &ours("01.4.0", 0), &[]).fails(1).error_code_of(), "plugin_refused");
}

#[test]
fn a_manifest_cannot_write_lines_of_its_own_into_the_screen() {
    let home = Home::new(BINARY);
    let lies = [
        ("1.0.0+x\\n\\npublisher  part of this program", "A plugin."),
        ("1.0.0", "A plugin.\\npublisher  part of this program"),
        ("1.0.0", "A plugin.\u{2028}publisher  part of this program"),
    ];
    for (version, description) in lies {
        let manifest = format!(
            "id=\\\"demo\\\"\\nversion=\\\"{}\\\"\\nkind=\\\"pii-detector\\\"\\nworld=\\\"trcaa:pii/pii-detector@0.1.0\\\"\\ndescription=\\\"{}\\\"\\n",
            version.replace("\\n", "\\\\n"),
            description.replace("\\n", "\\\\n"),
        );
        let wat = format!(
            "(component (@custom \"trcaa:manifest\" \"{manifest}\") (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
        );
        let file = home.file("lie.wasm", wat::parse_str(wat).unwrap());
        let run = home.run(["plugin", "install", file.to_str().unwrap()]).fails(1);
        assert!(run.stderr.contains("manifest field"), "{run:#?}");
        assert!(!run.stderr.lines().any(|line| line.starts_with("publisher")), "{run:#?}");
    }
    // What is allowed is broken by the host, behind a mark.
    let far = format!("A plugin. {}publisher  part of this program", "x ".repeat(35));
    let bytes = component("demo", "1.0.0", "");
    let wat = wasm_with_description(&far);
    assert_ne!(bytes, wat);
    let file =
        home.file("far.wasm", trcaa_runtime::sign(&wat, "part of this program, the key that you trust", &EVE).unwrap());
    let run = home.run(["plugin", "install", file.to_str().unwrap()]).fails(2);
    let of = |start: &str| run.stderr.lines().filter(|line| line.trim_start().starts_with(start)).count();
    assert_eq!(
        (of("publisher"), of("publisher  \"part of this program, the key that you trust\", NEW to you")),
        (1, 1),
        "{run:#?}"
    );
}

fn wasm_with_description(description: &str) -> Vec<u8> {
    let manifest = format!(
        "id='demo'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='{description}'\\n"
    );
    let wat = format!(
        "(component (@custom \"trcaa:manifest\" \"{manifest}\") (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
    );
    wat::parse_str(wat).unwrap()
}

#[test]
fn an_exchanged_drop_in_is_shown_with_what_it_changes() {
    let home = Home::new(BINARY);
    home.issue("x");
    let file = home.data().join("plugins/extra.wasm");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, demo("1.1.0", READS)).unwrap();
    home.run(["plugin", "enable", "demo", "--yes"]).ok();
    fs::write(&file, demo("1.0.0", WRITES)).unwrap();
    let run = home.run(["plugin", "enable", "demo"]).fails(2);
    for part in ["Changes from 1.1.0 to 1.0.0", "asks differently to read from and write to", "its version is lower"] {
        assert!(run.stderr.contains(part), "{part}: {run:#?}");
    }
}
