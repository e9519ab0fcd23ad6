//! Stored images: rows, bytes, the fall-back, lists by the view.

use trcaa_model::attachment::{ImageAttachment, NewImageAttachment};
use trcaa_model::id::{ImageId, IssueId};
use trcaa_store::{ImageFilter, Store, StoreError};

use crate::fixture::{Home, insert_issue};

fn new_image(issue: &IssueId, name: &str, data: &[u8]) -> NewImageAttachment {
    NewImageAttachment {
        issue_id: issue.clone(),
        file_name: name.to_owned(),
        file_path: String::new(),
        mime_type: "image/png",
        upload_hash: format!("hash of {name}"),
        is_paste: name.contains("paste"),
        data: data.to_vec(),
    }
}

fn insert(store: &Store, issue: &IssueId, name: &str, data: &[u8]) -> ImageAttachment {
    store.write(|tx| tx.insert_image(&new_image(issue, name, data))).unwrap()
}

fn names(store: &Store, filter: &ImageFilter) -> Vec<String> {
    store.images(filter).unwrap().into_iter().map(|listed| listed.image_attachment.file_name).collect()
}

fn all() -> ImageFilter {
    ImageFilter { issue_id: None, search: None, limit: 100, offset: 0 }
}

#[test]
fn an_image_reads_back_and_goes_with_its_issue() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "Payroll", "d").id;
    let image = insert(&store, &issue, "paste.png", b"\x89PNG bytes");
    assert!(image.is_paste && image.pii_warning_acknowledged && image.file_size == 10);
    assert_eq!(store.image_bytes(&image.id).unwrap(), b"\x89PNG bytes");
    assert_eq!(store.image_by_hash(&issue, "hash of paste.png").unwrap(), Some(image.clone()));
    assert_eq!(store.image_by_hash(&issue, "another").unwrap(), None);
    assert_eq!(store.issue_detail(&issue).unwrap().image_attachments, std::slice::from_ref(&image));
    let empty = insert(&store, &issue, "empty.png", b"");
    assert_eq!(store.image_bytes(&empty.id).unwrap(), b"", "no bytes are not the same as no content");
    store.write(|tx| tx.delete_image(&image.id)).unwrap();
    assert!(matches!(store.image_bytes(&image.id), Err(StoreError::NoSuch { .. })));
    assert!(matches!(store.write(|tx| tx.delete_image(&image.id)), Err(StoreError::NoSuch { .. })));
    store.write(|tx| tx.delete_issue(&issue)).unwrap();
    assert!(store.images(&all()).unwrap().is_empty());
    let nowhere = store.write(|tx| tx.insert_image(&new_image(&issue, "a.png", b"x")));
    assert!(matches!(nowhere, Err(StoreError::NoSuch { .. })));
}

#[test]
fn lists_are_newest_first_and_searched_by_name_in_any_script() {
    let home = Home::new();
    let store = home.open();
    let (first, second) = (insert_issue(&store, "One", "d").id, insert_issue(&store, "Two", "d").id);
    for (issue, name) in [(&first, "ÜBERSICHT 100%.png"), (&second, "über_b.png"), (&first, "graph.png")] {
        insert(&store, issue, name, name.as_bytes());
    }
    assert_eq!(names(&store, &all()), ["graph.png", "über_b.png", "ÜBERSICHT 100%.png"]);
    let listed = store.images(&ImageFilter { issue_id: Some(second), ..all() }).unwrap();
    assert_eq!((listed.len(), listed[0].issue_title.as_str()), (1, "Two"));
    let search = |text: &str, limit, offset| {
        names(&store, &ImageFilter { search: Some(text.to_owned()), limit, offset, issue_id: None })
    };
    assert_eq!(search("über", 9, 0), ["über_b.png", "ÜBERSICHT 100%.png"]);
    assert_eq!(search("ÜBER", 1, 0), ["über_b.png"]);
    assert_eq!(search("ÜBER", 1, 1), ["ÜBERSICHT 100%.png"]);
    assert_eq!(search("%", 9, 0), ["ÜBERSICHT 100%.png"], "it stands for itself");
    assert_eq!(search("_", 9, 0), ["über_b.png"]);
    assert_eq!(search("ÜBER", 0, 0), [""; 0]);
    assert_eq!(names(&store, &ImageFilter { limit: 1, offset: 1, ..all() }), ["über_b.png"]);
}

#[test]
fn an_image_from_before_is_read_from_its_file_and_says_why_not() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let path = home.dir.path().join("old.png");
    std::fs::write(&path, "old bytes").unwrap();
    let mut new = new_image(&issue, "old.png", b"");
    new.file_path = path.display().to_string();
    let id = store.write(|tx| tx.insert_image(&new)).unwrap().id;
    home.raw().execute("UPDATE image_attachments SET image_data = NULL, upload_hash = ''", []).unwrap();
    assert_eq!(store.image_bytes(&id).unwrap(), b"old bytes");

    let why = |id: &ImageId| match store.image_bytes(id) {
        Err(StoreError::ImageUnreadable { file, why }) => (file, why),
        other => panic!("{other:?}"),
    };
    home.raw().execute("UPDATE image_attachments SET upload_hash = ?1", ["00".repeat(32)]).unwrap();
    assert!(why(&id).1.contains("not the file that was attached"));
    std::fs::remove_file(&path).unwrap();
    let (file, reason) = why(&id);
    assert!(file == path.display().to_string() && reason.contains("No such file"), "{file} {reason}");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(why(&id).1.contains("not a regular file"), "and it does not wait for a writer");
    home.raw().execute("UPDATE image_attachments SET file_path = ''", []).unwrap();
    assert_eq!(why(&id).0, "old.png");
}
