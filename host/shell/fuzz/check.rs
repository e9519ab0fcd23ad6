//! What holds for every line, whatever its bytes are.

use trcaa_shell::{Rules, Tier, judge, pattern_of};

/// Judges bytes as a line and panics where an invariant does not hold.
pub(crate) fn line(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    let rules = Rules::default();
    let Ok(judgement) = judge(&line, &rules) else {
        assert!(line.trim_matches([' ', '\t', '\n']).is_empty());
        return;
    };
    let verdict = &judgement.verdict;
    let highest = verdict.parts.iter().map(|part| part.tier).max().unwrap_or(Tier::One);
    assert!(verdict.tier >= highest, "a part is above its line");
    assert_eq!(judgement.plan.is_some(), verdict.tier == Tier::One, "a plan belongs to tier 1 alone");
    assert!(verdict.tier > Tier::One || verdict.parts.iter().all(|part| part.tier == Tier::One));
    let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    assert!(verdict.parts.iter().all(|part| printable(&part.command) && printable(&part.touches)));
    if let Some(plan) = &judgement.plan {
        let mut words = plan.steps.iter().flat_map(|step| &step.stages).flat_map(|stage| &stage.argv);
        assert!(words.all(|word| printable(word)), "tier 1 holds more than printable ASCII");
        assert!(printable(line.trim_matches([' ', '\t', '\n'])));
        // What is appended to a tier-1 line counts.
        let more = format!("{line}\nrm -rf /");
        assert_eq!(judge(&more, &rules).map(|more| more.verdict.tier), Ok(Tier::Three));
    }
    if let Some(pattern) = pattern_of(&line, &rules) {
        assert!(verdict.tier == Tier::Two && printable(&pattern));
    }
}
