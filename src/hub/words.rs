//! Words that clients sent, as replies may repeat them.

/// A client's own word in a reply; one so long that the reply would not fit
/// is left out.
pub(super) fn short(word: &str) -> &str {
    const FITS: usize = 200;
    if word.len() <= FITS { word } else { "*" }
}

/// The parts of a list parameter; empty ones do not count.
pub(super) fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|item| !item.is_empty())
}

/// A text as one word of at most `most` bytes.
pub(super) fn word(text: &str, most: usize) -> String {
    let visible = |c: &char| !c.is_whitespace() && !c.is_control();
    let word: String = text.trim_start_matches(':').chars().filter(visible).collect();
    let word = &word[..word.floor_char_boundary(most)];
    if word.is_empty() { "*".to_owned() } else { word.to_owned() }
}
