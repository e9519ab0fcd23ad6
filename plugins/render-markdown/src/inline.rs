//! Lines of text with their marks: flattened to runs, then written with the fewest marks.
//!
//! Must not know: blocks. Invariant: between runs, marks are opened and closed so that every reader of CommonMark
//! takes them as such, whatever stands beside them: where its rules of flanking would not, the character beside
//! the mark is written as an entity, which counts as punctuation.

use std::borrow::Cow;

use crate::escape::{Place, is_allowed_link, is_space, picture, push_code, push_text, push_url};
use trcaa_sdk::render::{Kind, Tree};

/// Which line of text it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// May have line breaks.
    Paragraph,
    /// One line.
    Heading,
    /// One line between bars.
    Cell,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Marks {
    /// The link's node.
    link: Option<u32>,
    strong: bool,
    emphasis: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    Text(String),
    Code(String),
    Break,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Run {
    marks: Marks,
    content: Content,
}

/// The Markdown of inline nodes; empty if there is nothing to see in them. Line ends are breaks.
pub(crate) fn inline_markdown(tree: &Tree<'_>, nodes: impl Iterator<Item = u32>, line: Line) -> String {
    let mut runs = Vec::new();
    for node in nodes {
        collect(tree, node, Marks::default(), line, &mut runs);
    }
    for run in &mut runs {
        if let Content::Code(code) = &mut run.content
            && !is_sayable(code, run.marks, line)
        {
            run.content = Content::Text(std::mem::take(code));
        }
    }
    write_runs(tree, &tidy(runs), line)
}

/// Whether Markdown has a way to write this as code here.
fn is_sayable(code: &str, marks: Marks, line: Line) -> bool {
    let blank = code.trim_matches(' ').is_empty();
    // At the start of a line it would read as the definition of a link.
    let definition = marks.link.is_some() && code.contains("]:");
    !blank && !definition && push_code(&mut String::new(), code, line == Line::Cell)
}

fn push(runs: &mut Vec<Run>, marks: Marks, content: Content) {
    if matches!(&content, Content::Text(text) | Content::Code(text) if text.is_empty()) {
        return;
    }
    match (runs.last_mut(), &content) {
        (Some(Run { marks: before, content: Content::Text(text) }), Content::Text(more)) if *before == marks => {
            text.push_str(more);
        }
        (Some(Run { marks: before, content: Content::Code(text) }), Content::Code(more)) if *before == marks => {
            text.push_str(more);
        }
        _ => runs.push(Run { marks, content }),
    }
}

fn collect(tree: &Tree<'_>, node: u32, marks: Marks, line: Line, runs: &mut Vec<Run>) {
    let mut inner = marks;
    match tree.kind(node) {
        Kind::Text(text) => push(runs, marks, Content::Text(text.clone())),
        Kind::Code(code) | Kind::CodeBlock((_, code)) => {
            let code: String = code.chars().map(|c| if is_space(c) { ' ' } else { picture(c) }).collect();
            push(runs, marks, Content::Code(code));
        }
        Kind::LineBreak if line == Line::Paragraph => runs.push(Run { marks, content: Content::Break }),
        Kind::LineBreak | Kind::Rule => push(runs, marks, Content::Text(" ".to_owned())),
        Kind::Image(name) if tree.children(node).next().is_none() => {
            push(runs, marks, Content::Text(format!("[image: {name}]")));
        }
        Kind::Other(_) => {}
        kind => {
            match kind {
                Kind::Emphasis => inner.emphasis = true,
                Kind::Strong => inner.strong = true,
                Kind::Link(url) if is_allowed_link(url) && marks.link.is_none() => {
                    // Two in a row to one place are one.
                    let before = runs.last().and_then(|run| run.marks.link);
                    inner.link = before.filter(|before| tree.kind(*before) == kind).or(Some(node));
                }
                _ => {}
            }
            // A block in a line of text is text with a gap around it.
            let gap = if kind.is_inline() { "" } else { " " };
            push(runs, marks, Content::Text(gap.to_owned()));
            for child in tree.children(node) {
                collect(tree, child, inner, line, runs);
            }
            push(runs, marks, Content::Text(gap.to_owned()));
        }
    }
}

/// Brings white space to single spaces, none at the ends of lines, and control characters to pictures. Emphasis
/// ends at a break, since a mark after a line end closes nothing; a link goes on if it does on both sides.
fn tidy(runs: Vec<Run>) -> Vec<Run> {
    let mut tidied: Vec<Run> = Vec::with_capacity(runs.len());
    let mut after_space = true;
    for mut run in runs {
        if let Content::Text(text) = &mut run.content {
            let mut kept = String::with_capacity(text.len());
            for c in text.chars() {
                if !is_space(c) || !after_space {
                    kept.push(if is_space(c) { ' ' } else { picture(c) });
                }
                after_space = is_space(c);
            }
            *text = kept;
        } else {
            after_space = run.content == Content::Break;
        }
        if run.content == Content::Break {
            trim_end(&mut tidied);
            if tidied.is_empty() {
                continue;
            }
        }
        push(&mut tidied, run.marks, run.content);
    }
    while tidied.last().is_some_and(|run| run.content == Content::Break) || trim_end(&mut tidied) {
        if tidied.last().is_some_and(|run| run.content == Content::Break) {
            tidied.pop();
        }
    }
    let mut next = None;
    for run in tidied.iter_mut().rev() {
        if run.content == Content::Break {
            run.marks = Marks { link: run.marks.link.filter(|link| next == Some(*link)), ..Marks::default() };
        }
        next = run.marks.link;
    }
    let mut previous = None;
    for run in &mut tidied {
        if run.content == Content::Break {
            run.marks.link = run.marks.link.filter(|link| previous == Some(*link));
        }
        previous = run.marks.link;
    }
    tidied
}

/// Takes a space off the end; says whether there was one.
fn trim_end(runs: &mut Vec<Run>) -> bool {
    let Some(Run { content: Content::Text(text), .. }) = runs.last_mut() else { return false };
    let trimmed = text.ends_with(' ');
    text.truncate(text.trim_end_matches(' ').len());
    if text.is_empty() {
        runs.pop();
    }
    trimmed
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    Link(u32),
    Strong,
    Emphasis,
}

#[derive(Debug)]
enum Token<'a> {
    Open(Mark),
    Close(Mark),
    Content(&'a Content),
}

fn has(marks: Marks, mark: Mark) -> bool {
    match mark {
        Mark::Link(node) => marks.link == Some(node),
        Mark::Strong => marks.strong,
        Mark::Emphasis => marks.emphasis,
    }
}

fn tokens(runs: &[Run]) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut open: Vec<Mark> = Vec::new();
    // How many runs on each mark still lasts, from the end backwards: link, strong, emphasis.
    let mut lasts: Vec<[usize; 3]> = Vec::with_capacity(runs.len());
    let mut next = (Marks::default(), [0; 3]);
    for run in runs.iter().rev() {
        let link = if run.marks.link == next.0.link { next.1[0] } else { 0 };
        let here = [
            if run.marks.link.is_some() { link + 1 } else { 0 },
            if run.marks.strong { next.1[1] + 1 } else { 0 },
            if run.marks.emphasis { next.1[2] + 1 } else { 0 },
        ];
        next = (run.marks, here);
        lasts.push(here);
    }
    for (run, lasts) in runs.iter().zip(lasts.iter().rev()) {
        let mut wanted: Vec<(usize, Mark)> = Vec::new();
        wanted.extend(run.marks.link.map(|node| (lasts[0], Mark::Link(node))));
        wanted.extend(run.marks.strong.then_some((lasts[1], Mark::Strong)));
        wanted.extend(run.marks.emphasis.then_some((lasts[2], Mark::Emphasis)));
        // What lasts longest is outside, so nothing is closed before its time; stable, so links win ties.
        wanted.sort_by_key(|(lasts, _)| std::cmp::Reverse(*lasts));
        let mut same = open.iter().zip(&wanted).take_while(|(open, (_, wanted))| *open == wanted).count();
        // Marks that all stay may keep the order they have.
        if open.iter().all(|mark| has(run.marks, *mark)) && wanted.len() == open.len() {
            same = open.len();
        }
        while open.len() > same {
            tokens.extend(open.pop().map(Token::Close));
        }
        for (_, mark) in wanted.into_iter().skip(same) {
            open.push(mark);
            tokens.push(Token::Open(mark));
        }
        tokens.push(Token::Content(&run.content));
    }
    while let Some(mark) = open.pop() {
        tokens.push(Token::Close(mark));
    }
    tokens
}

/// What readers take a character beside a mark for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Space,
    Punctuation,
    Word,
    /// Beyond ASCII readers differ in what is punctuation.
    Unsure,
}

fn side(c: Option<char>) -> Side {
    match c {
        None => Side::Space,
        Some(c) if c.is_whitespace() => Side::Space,
        Some(c) if c.is_ascii_alphanumeric() => Side::Word,
        Some(c) if c.is_ascii() => Side::Punctuation,
        Some(_) => Side::Unsure,
    }
}

fn token_side(token: Option<&Token<'_>>, last: bool) -> Side {
    match token {
        None | Some(Token::Content(Content::Break)) => Side::Space,
        // A lone character may become an entity for the sake of the mark on its other side.
        Some(Token::Content(Content::Text(text))) if text.chars().nth(1).is_none() => Side::Unsure,
        Some(Token::Content(Content::Text(text))) => side(if last { text.chars().last() } else { text.chars().next() }),
        Some(_) => Side::Punctuation,
    }
}

/// Whether the text outside of a mark must begin (or end) with an entity for the mark to be taken as one.
fn needs_entity(mark: Mark, outside: Side, inside: Side) -> bool {
    let attached = matches!(outside, Side::Word | Side::Unsure);
    match mark {
        Mark::Link(_) => false,
        Mark::Emphasis => attached,
        Mark::Strong => attached && inside != Side::Word,
    }
}

fn write_runs(tree: &Tree<'_>, runs: &[Run], line: Line) -> String {
    let tokens = tokens(runs);
    let mut out = String::new();
    let mut line_start = line == Line::Paragraph;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(Mark::Link(_)) => out.push('['),
            Token::Close(Mark::Link(node)) => {
                out.push_str("](");
                if let Kind::Link(url) = tree.kind(*node) {
                    push_url(&mut out, url);
                }
                out.push(')');
            }
            Token::Open(mark) | Token::Close(mark) => out.push_str(if *mark == Mark::Strong { "**" } else { "_" }),
            Token::Content(Content::Break) => out.push_str("\\\n"),
            Token::Content(Content::Code(code)) => {
                push_code(&mut out, code, line == Line::Cell);
            }
            Token::Content(Content::Text(text)) => {
                let before = at.checked_sub(1).and_then(|at| tokens.get(at));
                let beyond = |at: Option<usize>, last| token_side(at.and_then(|at| tokens.get(at)), last);
                let entity_first = match before {
                    Some(Token::Open(Mark::Strong | Mark::Emphasis)) => side(text.chars().next()) == Side::Space,
                    Some(Token::Close(mark)) => {
                        needs_entity(*mark, side(text.chars().next()), beyond(at.checked_sub(2), true))
                    }
                    _ => false,
                };
                let entity_last = match tokens.get(at + 1) {
                    Some(Token::Close(Mark::Strong | Mark::Emphasis)) => side(text.chars().last()) == Side::Space,
                    Some(Token::Open(mark)) => {
                        needs_entity(*mark, side(text.chars().last()), beyond(Some(at + 2), false))
                    }
                    _ => false,
                };
                let place = Place { line_start, heading: line == Line::Heading, entity_first, entity_last };
                push_text(&mut out, text, place);
            }
        }
        line_start = line == Line::Paragraph && matches!(token, Token::Content(Content::Break));
    }
    out
}

/// Text that has no marks, on one line.
pub(crate) fn plain_markdown(text: &str, line: Line) -> String {
    let run = Run { marks: Marks::default(), content: Content::Text(text.to_owned()) };
    let mut out = String::new();
    if let Some(Run { content: Content::Text(text), .. }) = tidy(vec![run]).first() {
        push_text(
            &mut out,
            text,
            Place { line_start: line == Line::Paragraph, heading: line == Line::Heading, ..Place::default() },
        );
    }
    out
}

/// The text of a node with single spaces.
pub(crate) fn plain_text(tree: &Tree<'_>, node: u32) -> String {
    let mut runs = Vec::new();
    tree.children(node).for_each(|child| collect(tree, child, Marks::default(), Line::Heading, &mut runs));
    let text: Vec<Cow<'_, str>> = tidy(runs)
        .into_iter()
        .map(|run| match run.content {
            Content::Text(text) | Content::Code(text) => Cow::Owned(text),
            Content::Break => Cow::Borrowed(" "),
        })
        .collect();
    text.concat()
}
