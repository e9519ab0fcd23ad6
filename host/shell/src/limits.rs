//! The bounds of the classifier, and why each has its number.
//!
//! The parser library backtracks: its time doubles with every unclosed `(` and grows about 3.5-fold with every nested
//! `case`, and its recursion has no bound of its own. So these are counted in the raw text before it runs.

/// Longest line judged in full, in bytes; a longer one is never parsed. The parser takes about 0.05 µs for each byte.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Longest line searched for tier-3 words, in bytes; a longer one is tier 3 unseen.
pub const LINE_SEARCHED_BYTES_MAX: usize = 1024 * 1024;

/// Most tokens handed to the parser for one line, inner scripts included; about 1 µs each.
pub const TOKENS_MAX: usize = 1_500;

/// What the first `,` behind a `{` counts of [`TOKENS_MAX`], beside what each does: together at least the words that they
/// stand for, of which no word has more than [`BRACE_WORDS_MAX`].
pub const BRACE_TOKENS: usize = 16;

/// What each `,` behind a `{` counts of [`TOKENS_MAX`].
pub const BRACE_COMMA_TOKENS: usize = 4;

/// Most bytes of inner scripts handed to the parser for one line.
pub const PARSED_BYTES_MAX: usize = LINE_BYTES_MAX;

/// Most `(` in a parsed text, quoted or not; 12 unclosed ones cost about 0.1 ms.
pub const PARENS_MAX: usize = 12;

/// Most `case` words in a parsed text; 5 nested ones cost about 0.1 ms.
pub const CASES_MAX: usize = 5;

/// Most words and signs that open a construct (`if`, `{`, `${`, `[`, …) in a parsed text; the parser recurses once for each.
pub const OPENERS_MAX: usize = 48;

/// Most here-documents in a parsed text.
pub const HEREDOCS_MAX: usize = 8;

/// Longest run of digits before a redirection sign; a file descriptor has fewer, and the parser panics beyond `i32`.
pub const FD_DIGITS_MAX: usize = 9;

/// Deepest nesting of scripts in scripts (`sh -c`, substitutions, `ssh host '…'`).
pub const DEPTH_MAX: usize = 8;

/// Most inner scripts parsed for one line.
pub const SCRIPTS_MAX: usize = 64;

/// Most words one brace expression is expanded to.
pub const BRACE_WORDS_MAX: usize = 64;

/// Most places in one argument list where a carried command is looked for.
pub const CARRIED_MAX: usize = 64;

/// Most words visited in the search for commands among the arguments of others; beyond it the line is tier 3.
pub const VISITS_MAX: usize = 8_000;

/// Most bytes of text that are searched without being parsed, beyond the line itself; further text makes the line tier 3.
pub const SCANNED_BYTES_MAX: usize = 2 * LINE_BYTES_MAX;

/// Most parts listed in a verdict; further ones are judged, and counted, but not shown.
pub const PARTS_MAX: usize = 256;

/// Most reasons listed in a verdict.
pub const REASONS_MAX: usize = 16;

/// Longest command text shown for a part, in characters.
pub const SHOWN_CHARS_MAX: usize = 400;

/// Most functions of one line whose calls are followed in the search for a fork bomb.
pub const FUNCTIONS_MAX: usize = 32;

/// Most commands of one place of a pipe that give what they read to others.
pub const HANDS_MAX: usize = 16;

/// Most variables of one line whose values are followed, and most functions and aliases.
pub const VARIABLES_MAX: usize = 64;

/// Most values of one variable that are followed.
pub const VALUES_MAX: usize = 256;

/// Most readings of one command, by the values of its variables, that are judged in full; further ones are searched.
pub const JUDGED_READINGS_MAX: usize = 4;

/// Most bytes of such readings for one line; what needs more is tier 3.
pub const EXPANDED_BYTES_MAX: usize = 2 * LINE_BYTES_MAX;

/// Most bytes of what the commands of one place of a pipe print, as far as it is followed.
pub const PRINTED_BYTES_MAX: usize = 2 * LINE_BYTES_MAX;

/// Most lines of a text that are judged as commands of the one that reads it.
pub const FED_LINES_MAX: usize = 256;

/// Most files of one line that are followed from what writes them to what runs them.
pub const WRITTEN_MAX: usize = 32;

/// Longest text of a person's own rules, in bytes.
pub const RULES_BYTES_MAX: usize = 64 * 1024;

/// Most rules of a person's own.
pub const RULES_MAX: usize = 128;

/// Most words in the prefix of a rule, and most flags it allows.
pub const RULE_WORDS_MAX: usize = 64;

/// Longest text of what a part would touch, in characters.
pub const TOUCHED_CHARS_MAX: usize = 200;

/// Most operands named in it.
pub const TOUCHED_MAX: usize = 12;
