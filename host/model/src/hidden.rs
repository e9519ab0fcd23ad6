//! Characters that a person does not see, or that make others look like something else. Pure.

/// Whether a character is drawn as nothing, or changes the direction or the shape of others: the format characters of
/// Unicode, the fillers that are letters by name and blank to the eye, variation selectors, tags, line separators, and
/// what has no meaning that everybody shares (private use). Control characters are `char::is_control`'s; spaces other
/// than the common one are seen, and no part of this.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn what_is_seen_is_not_hidden_and_what_is_not_is() {
        for c in "aÄя漢字दि\u{a0}\u{202f}\u{3000} €🚀\u{301}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
        for c in
            "\u{ad}\u{200b}\u{200e}\u{202e}\u{2066}\u{2069}\u{feff}\u{3164}\u{e0041}\u{fe0f}\u{e000}\u{fffd}".chars()
        {
            assert!(is_hidden(c), "{c:?}");
        }
    }
}
