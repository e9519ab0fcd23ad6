//! Where native code of plugins that are not bundled is kept, under the store's own key.

use std::io::{Read as _, Write as _};

use cap_std::fs::{Dir, DirBuilder, OpenOptions};
use trcaa_runtime::{COMPONENT_BYTES_MAX, CodeCache};
use trcaa_store::Store;
use zeroize::Zeroizing;

use super::{CODE_FOLDER, folder};

/// Largest code that is read: of the largest component there is less.
const CODE_BYTES_MAX: u64 = 4 * COMPONENT_BYTES_MAX as u64;

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
        // Whoever may write here must not be able to hold a call up or to fill the memory.
        let file = folder::open_regular(&self.folder, name).ok()?;
        let length = file.metadata().ok()?.len();
        (length <= CODE_BYTES_MAX).then_some(())?;
        let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
        file.take(CODE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        // A cache that can't be written costs the next start some seconds, and nothing else; installing looks whether
        // it was.
        let temporary = format!("{name}.{}.tmp", std::process::id());
        let mut options = OpenOptions::new();
        // What is there under that name is not ours: it may be a link to another file.
        let _ = self.folder.remove_file(&temporary);
        options.write(true).create_new(true);
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
