//! Words of clients, in a form that replies can repeat.

/// A client's word for use in a reply; `*` if it is so long that the reply might not fit.
pub(super) fn short(word: &str) -> &str {
    const FITS: usize = 200;
    if word.len() <= FITS { word } else { "*" }
}

/// The items of a list parameter, without empty ones.
pub(super) fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|item| !item.is_empty())
}

/// Joins items by a separator (one byte) into texts of at most so many bytes each; an item alone may
/// be longer.
pub(super) fn joined<T: AsRef<str>>(
    items: impl IntoIterator<Item = T>,
    separator: char,
    most: usize,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = item.as_ref();
        match lines.last_mut().filter(|line| line.len() + item.len() < most) {
            Some(line) => {
                line.push(separator);
                line.push_str(item);
            }
            None => lines.push(item.to_owned()),
        }
    }
    lines
}

/// A text as one word of at most `most` bytes.
pub(super) fn word(text: &str, most: usize) -> String {
    let visible = |c: &char| !c.is_whitespace() && !c.is_control();
    let word: String = text.trim_start_matches(':').chars().filter(visible).collect();
    let word = &word[..word.floor_char_boundary(most)];
    if word.is_empty() { "*".to_owned() } else { word.to_owned() }
}
