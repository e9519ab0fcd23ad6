//! Lists `migrations/*.sql` with their checksums, so that the program never counts or hashes them at start.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

use sha2::{Digest, Sha256};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&root).join("../../migrations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the migrations folder is part of the checkout")
        .map(|entry| entry.expect("readable folder").file_name().into_string().expect("file names are ASCII"))
        .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
        .collect();
    names.sort();
    let mut code = String::from("static MIGRATIONS: &[Migration] = &[\n");
    for (index, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:03}_", index + 1)), "{name}: migrations are numbered without a gap");
        let file = folder.join(format!("{name}.sql"));
        println!("cargo::rerun-if-changed={}", file.display());
        // A checkout with CRLF line ends holds the same migration.
        let text = fs::read_to_string(&file).expect("readable UTF-8").replace("\r\n", "\n");
        let checksum = hex::encode(Sha256::digest(text.as_bytes()));
        writeln!(code, "    Migration {{ name: {name:?}, sql: {text:?}, checksum: {checksum:?} }},")
            .expect("to memory");
    }
    code.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(out, code).expect("OUT_DIR is writable");
}
