//! Output in pieces of the size that the host takes.

/// Bytes of one piece; the host takes four times that at once.
const PIECE_BYTES: usize = 1 << 20;

macro_rules! in_pieces {
    ($output:ty) => {
        impl $output {
            /// Writes all of `bytes`, however many, in pieces that the host takes.
            ///
            /// # Errors
            /// What the host says of a piece.
            pub fn write_all(&self, bytes: impl AsRef<[u8]>) -> Result<(), crate::Error> {
                bytes.as_ref().chunks(PIECE_BYTES).try_for_each(|piece| self.write(piece))
            }
        }
    };
}

in_pieces!(crate::extract::Output);
in_pieces!(crate::render::Output);
