//! Row ids. Each table has a type of its own, so that a log's id can't be given where an issue's is wanted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::env::{Clock, Entropy};

/// Makes a UUID version 7 (RFC 9562), whose text sorts by creation time.
pub fn uuid_v7(clock: &dyn Clock, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(clock.now_ms(), &random).into_uuid().to_string()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Makes a fresh id.
            pub fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(clock, entropy))
            }

            /// Takes over the text of a stored id. Databases of earlier products hold other forms than UUIDs.
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text, as the store holds it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// `issues.id`
    IssueId,
    /// `log_files.id`
    LogFileId,
    /// `image_attachments.id`
    ImageId,
    /// `pii_spans.id`
    PiiSpanId,
    /// `ai_conversations.id`
    ConversationId,
    /// `ai_messages.id`
    MessageId,
    /// `resolution_steps.id`
    StepId,
    /// `documents.id`
    DocumentId,
    /// `timeline_events.id`
    TimelineEventId,
    /// `audit_log.id`
    AuditId,
    /// A row of the issue's pseudonym table.
    PseudonymId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::fixed::{FixedClock, SeededEntropy};

    #[test]
    fn ids_sort_by_creation() {
        let entropy = SeededEntropy::new(7);
        let early = uuid_v7(&FixedClock(1_000), &entropy);
        let late = uuid_v7(&FixedClock(1_001), &entropy);
        assert!(early < late);
        assert_eq!(early.len(), 36);
        assert_eq!(&early[14..15], "7");
    }
}
