//! Where native code of plugins that are not bundled is kept, under the store's own key.

use std::io::Write as _;

use cap_std::fs::{Dir, DirBuilder, OpenOptions};
use trcaa_runtime::CodeCache;
use trcaa_store::Store;
use zeroize::Zeroizing;

use super::CODE_FOLDER;

/// A folder of code below the plugin folder.
pub(super) struct FolderCache {
    folder: Dir,
    key: Zeroizing<[u8; 32]>,
}

/// The cache below `folder`, made where it is missing. Without one, code is compiled each time.
pub(super) fn code_cache(store: &Store, folder: &Dir) -> Option<FolderCache> {
    let mut private = DirBuilder::new();
    private.recursive(true);
    #[cfg(unix)]
    cap_std::fs::DirBuilderExt::mode(&mut private, 0o700);
    folder.create_dir_with(CODE_FOLDER, &private).ok()?;
    Some(FolderCache { folder: folder.open_dir(CODE_FOLDER).ok()?, key: store.plugin_code_key().ok()? })
}

impl CodeCache for FolderCache {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.folder.read(name).ok()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        // A cache that can't be written costs the next start some seconds, and nothing else; installing looks whether
        // it was.
        let temporary = format!("{name}.{}.tmp", std::process::id());
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = self.folder.open_with(&temporary, &options).and_then(|mut file| file.write_all(bytes));
        let kept = written.and_then(|()| self.folder.rename(&temporary, &self.folder, name));
        if kept.is_err() {
            let _ = self.folder.remove_file(&temporary);
        }
    }

    fn key(&self) -> &[u8; 32] {
        &self.key
    }
}
