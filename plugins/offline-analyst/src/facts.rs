//! Owns what is known about failures of real systems, as data: how each shows in a line, what it means, what causes it.
//! Knows nothing about documents. The tables are in the submodules; to teach the analyst a failure, add a row.
//! Invariants (held by tests): ids are unique, every cause names an existing id, needles are lower case.

mod access;
mod app;
mod change;
mod disk;
mod host;
mod network;
mod platform;
mod postgres;
mod stores;
mod web;

/// What part a fact plays in an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// What users or callers see.
    Impact,
    /// A part that stopped doing its work.
    Failure,
    /// Something ran out.
    Exhaustion,
    /// Something is set up so that it cannot work.
    Misconfiguration,
    /// Somebody or something altered the system.
    Change,
    /// An outside event that set things off.
    Trigger,
    /// Worth knowing, no fault by itself.
    Note,
}

/// One known failure.
#[derive(Debug)]
pub(crate) struct Fact {
    /// Unique, for references.
    pub(crate) id: &'static str,
    pub(crate) class: Class,
    /// How bad by itself: 90 and up a service is down, 60 a function is broken, 30 a nuisance, below 20 noise.
    pub(crate) weight: u8,
    /// A statement: "The disk is full".
    pub(crate) title: &'static str,
    /// Asks for its cause.
    pub(crate) ask: &'static str,
    /// The mechanism in one sentence, as an answer to the question before.
    pub(crate) because: &'static str,
    /// Any of these makes the fact: lower case, `*` stands for any text within the line.
    /// Empty for facts that are found by counting, see `derive`.
    pub(crate) any: &'static [&'static str],
    /// None of these may be in the line.
    pub(crate) not: &'static [&'static str],
    /// A line at DEBUG or INFO level only speaks of a failure, unless it holds one of these: the marks of programs
    /// that report it at such a level.
    pub(crate) genuine: &'static [&'static str],
    /// Names to take from its lines.
    pub(crate) picks: &'static [Pick],
    /// What can explain it, likeliest first.
    pub(crate) causes: &'static [Cause],
    pub(crate) now: &'static [&'static str],
    pub(crate) later: &'static [&'static str],
    pub(crate) lesson: &'static str,
}

/// A name to take from a line: what stands between `after` and the first of the bytes of `until`.
#[derive(Debug)]
pub(crate) struct Pick {
    /// In the plural, as people read it: "sources".
    pub(crate) label: &'static str,
    /// Lower case.
    pub(crate) after: &'static str,
    pub(crate) until: &'static str,
}

/// A possible explanation of a fact.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) id: &'static str,
    /// If a line of the effect holds one of these (lower case), the link is shown by it.
    pub(crate) proof: &'static [&'static str],
    /// What is taken for granted when no line shows the link; empty where presence and order are proof enough.
    pub(crate) assumed: &'static str,
}

impl Fact {
    /// Whether it states that something is wrong, which a line may deny or merely speak of.
    pub(crate) fn claims_failure(&self) -> bool {
        matches!(self.class, Class::Impact | Class::Failure | Class::Exhaustion | Class::Misconfiguration)
    }
}

/// A row to fill the unmentioned columns from.
const ROW: Fact = Fact {
    id: "",
    class: Class::Failure,
    weight: 50,
    title: "",
    ask: "",
    because: "",
    any: &[],
    not: &[],
    genuine: &[],
    picks: &[],
    causes: &[],
    now: &[],
    later: &[],
    lesson: "",
};

/// A cause whose presence explains the effect.
const fn by(id: &'static str) -> Cause {
    Cause { id, proof: &[], assumed: "" }
}

/// A cause that explains the effect for sure only where a line says so.
const fn maybe(id: &'static str, proof: &'static [&'static str], assumed: &'static str) -> Cause {
    Cause { id, proof, assumed }
}

const fn pick(label: &'static str, after: &'static str, until: &'static str) -> Pick {
    Pick { label, after, until }
}

/// Every known fact, in a fixed order.
pub(crate) fn all() -> Vec<&'static Fact> {
    [
        web::FACTS,
        app::FACTS,
        postgres::FACTS,
        stores::FACTS,
        disk::FACTS,
        host::FACTS,
        network::FACTS,
        access::FACTS,
        platform::FACTS,
        change::FACTS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_together() {
        let facts = all();
        assert!(facts.len() >= 80, "{}", facts.len());
        for (position, fact) in facts.iter().enumerate() {
            assert!(facts[..position].iter().all(|other| other.id != fact.id), "{} twice", fact.id);
            assert!(!fact.title.is_empty() && !fact.because.is_empty() && !fact.ask.is_empty(), "{}", fact.id);
            assert!(
                fact.because.ends_with('.') && !fact.title.ends_with('.') && fact.ask.ends_with('?'),
                "{}",
                fact.id
            );
            for needle in fact
                .any
                .iter()
                .chain(fact.not)
                .chain(fact.genuine)
                .chain(fact.causes.iter().flat_map(|cause| cause.proof))
            {
                assert_eq!(needle.to_ascii_lowercase(), **needle, "{}", fact.id);
                assert!(needle.split('*').any(|part| part.len() >= 3), "{}: {needle} is too short", fact.id);
            }
            for name in fact.picks {
                assert_eq!(name.after.to_ascii_lowercase(), name.after, "{}", fact.id);
            }
            for cause in fact.causes {
                assert!(
                    facts.iter().any(|other| other.id == cause.id),
                    "{} is caused by unknown {}",
                    fact.id,
                    cause.id
                );
                assert_ne!(cause.id, fact.id);
            }
        }
    }
}
