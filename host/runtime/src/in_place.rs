//! Native code that is part of this program, run where it lies: nothing of it is copied, and what is never called is
//! never read from disk.
//!
//! Invariants: memory that is executable is never writable; code of this program stays executable once it was, and is
//! never made writable; it is loaded once in a process (`bundled`), because wasmtime registers code by its place; whatever
//! the system refuses here is copied by the caller instead.

use std::ops::Range;
use std::ptr::NonNull;

use wasmtime::CustomCodeMemory;

use crate::bundled::native_codes;

/// Alignment of native code in this program. Where pages are larger, code is copied.
pub(crate) const ALIGNMENT: usize = 4096;

/// Bytes that begin on a page.
#[repr(C, align(4096))]
pub(crate) struct Aligned<T: ?Sized>(pub(crate) T);

/// Changes what may be done with pages, for all code of an engine.
pub(crate) struct Pages {
    /// Where this program's own code lies.
    own: Vec<Range<usize>>,
}

/// Lets an engine run code where it lies, where the system can: Linux, with pages of [`ALIGNMENT`].
pub(crate) fn allow(config: &mut wasmtime::Config) {
    if cfg!(target_os = "linux") && page_bytes() == Some(ALIGNMENT) {
        let own = native_codes().map(|code| code.as_ptr().addr()..code.as_ptr().addr() + code.len()).collect();
        config.with_custom_code_memory(Some(std::sync::Arc::new(Pages { own })));
    }
}

/// The memory of a code that can run where it lies.
pub(crate) fn raw(code: &'static [u8]) -> Option<NonNull<[u8]>> {
    let fits = cfg!(target_os = "linux") && page_bytes() == Some(ALIGNMENT);
    fits.then(|| NonNull::from(code)).filter(|_| code.as_ptr().addr().is_multiple_of(ALIGNMENT))
}

impl CustomCodeMemory for Pages {
    fn required_alignment(&self) -> usize {
        ALIGNMENT
    }

    fn publish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        protect(ptr, len, Access::ReadAndRun)
    }

    fn unpublish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        if self.own.iter().any(|range| range.contains(&ptr.addr())) {
            return Ok(());
        }
        protect(ptr, len, Access::ReadAndWrite)
    }
}

enum Access {
    ReadAndRun,
    ReadAndWrite,
}

#[cfg(target_os = "linux")]
fn protect(ptr: *const u8, len: usize, access: Access) -> wasmtime::Result<()> {
    let wanted = match access {
        Access::ReadAndRun => libc::PROT_READ | libc::PROT_EXEC,
        Access::ReadAndWrite => libc::PROT_READ | libc::PROT_WRITE,
    };
    // SAFETY: wasmtime asks for whole pages of code that it holds: pages of a mapping of its own, or of `Aligned` code in
    // this program, whose pages hold nothing else. Neither is ever both writable and executable.
    #[expect(unsafe_code, reason = "changing what may be done with pages")]
    let answer = unsafe { libc::mprotect(ptr.cast_mut().cast(), len, wanted) };
    if answer == 0 {
        return Ok(());
    }
    Err(wasmtime::Error::msg(format!("making code executable: {}", std::io::Error::last_os_error())))
}

#[cfg(not(target_os = "linux"))]
fn protect(_ptr: *const u8, _len: usize, _access: Access) -> wasmtime::Result<()> {
    Err(wasmtime::Error::msg("code runs where it lies on Linux only"))
}

#[cfg(target_os = "linux")]
fn page_bytes() -> Option<usize> {
    // SAFETY: a question without arguments that matter.
    #[expect(unsafe_code, reason = "asking for the length of a page")]
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).ok()
}

#[cfg(not(target_os = "linux"))]
fn page_bytes() -> Option<usize> {
    None
}
