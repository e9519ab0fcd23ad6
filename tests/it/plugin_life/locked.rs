//! `plugin install --locked`: what a lock file pins, all of it or nothing.

use super::*;

/// A home with two plugins, and their lock file outside of it.
fn locked(home: &Home) -> (Vec<PathBuf>, PathBuf) {
    let files = vec![
        home.file("demo.wasm", demo("1.0.0", READS)),
        home.file("more.wasm", signed(&component("more", "2.0.0", ""), &EVE)),
    ];
    for file in &files {
        home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    }
    let lock = home.path("kept.lock");
    fs::copy(home.data().join("plugins/trcaa.lock"), &lock).unwrap();
    (files, lock)
}

fn lock_text(home: &Home) -> Option<String> {
    fs::read_to_string(home.data().join("plugins/trcaa.lock")).ok()
}

#[test]
fn another_machine_gets_exactly_what_the_lock_file_pins() {
    let first = Home::new(BINARY);
    let (_, lock) = locked(&first);
    let second = Home::new(BINARY);
    let lock = lock.to_str().unwrap();
    assert_eq!(second.refused(["plugin", "install", "--locked"], 1), "lock_file");
    assert_eq!(second.refused(["plugin", "install", "--locked", lock], 2), "needs_yes");
    assert_eq!(installed_files(&second), 0);
    let done = second.json(["plugin", "install", "--locked", lock, "--yes"]);
    let sums = |home: &Home| -> Vec<String> {
        ["demo", "more"].iter().map(|id| text(&home.json(["plugin", "show", id])["plugin"]["sha256"])).collect()
    };
    assert_eq!(list(&done["plugins"]).len(), 2);
    assert_eq!((sums(&second), lock_text(&second)), (sums(&first), lock_text(&first)));
    assert_eq!(second.json(["plugin", "verify"])["findings"], json!([]));
    // Again, and from its own file: it is there.
    for args in [vec!["plugin", "install", "--locked", lock], vec!["plugin", "install", "--locked"]] {
        let run = second.run(args).ok();
        assert_eq!(run.stdout.matches("is there as it is locked").count(), 2, "{run:#?}");
    }
    // Something more than the file has would make the outcome another.
    let extra = second.file("extra.wasm", component("extra", "1.0.0", ""));
    second.run(["plugin", "install", extra.to_str().unwrap(), "--yes"]).ok();
    assert_eq!(second.refused(["plugin", "install", "--locked", lock, "--yes"], 1), "not_locked");
}

#[test]
fn what_is_not_as_it_was_locked_is_refused_and_nothing_of_the_file_is_installed() {
    let home = Home::new(BINARY);
    let (files, lock) = locked(&home);
    let kept = fs::read_to_string(&lock).unwrap();
    let refuses = |lock: &str, code: &str, said: &str| {
        let fresh = Home::new(BINARY);
        let file = fresh.file("a.lock", lock);
        let run = fresh.run(["plugin", "install", "--locked", file.to_str().unwrap(), "--yes", "--json"]).fails(1);
        assert_eq!(run.error_code_of(), code, "{said}");
        assert!(text(&run.answer()["error"]["message"]).contains(said), "{said}: {run:#?}");
        assert_eq!((installed_files(&fresh), lock_text(&fresh)), (0, None), "{said}");
    };
    let line = |name: &str| kept.lines().rfind(|line| line.starts_with(name)).unwrap().to_owned();
    for (name, said) in [
        ("publisher_key", "publisher's key"),
        ("version", "version"),
        ("world", "world"),
        ("capability_hash", "capability hash"),
    ] {
        refuses(&kept.replace(&line(name), &format!("{name} = \"0.0.0\"")), "locked_differs", said);
    }
    refuses(&kept.replace(&line("publisher_key"), ""), "locked_differs", "nobody is locked");
    refuses(&kept.replace("id = \"more\"", "id = \"demo\""), "lock_file", "twice");
    refuses("format = 2", "lock_file", "format 2");
    // The last of them has other bytes by now, well signed by the same key.
    fs::write(&files[1], signed(&component("more", "2.0.1", ""), &EVE)).unwrap();
    refuses(&kept, "locked_differs", "SHA-256");
    // And where another version runs, nothing is exchanged.
    update(&home, &demo("1.1.0", READS), &[]).ok();
    let run = home.run(["plugin", "install", "--locked", lock.to_str().unwrap(), "--yes", "--json"]).fails(1);
    assert_eq!((run.error_code_of().as_str(), &show(&home)["version"]), ("locked_differs", &json!("1.1.0")));
}
