//! The changes of a room's modes that one MODE tells (Modern, MODE message).

use super::features::ServerFeatures;
use crate::wire::Message;

/// One letter of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    pub on: bool,
    pub letter: char,
    /// A name, a mask or a value, where the letter has one.
    pub param: Option<String>,
}

/// The changes, in their order; `from` is the parameter that holds the letters.
pub fn mode_changes(message: &Message, from: usize, features: &ServerFeatures) -> Vec<ModeChange> {
    let [lists, always, where_set] = features.room_modes();
    let mut params = message.all_params().skip(from);
    let letters = params.next().unwrap_or_default();
    let mut on = true;
    let mut changes = Vec::new();
    for letter in letters.chars() {
        match letter {
            '+' => on = true,
            '-' => on = false,
            letter => {
                let takes_one = [lists, always, features.ranks()].iter().any(|kind| kind.contains(letter))
                    || on && where_set.contains(letter);
                let param = if takes_one { params.next().map(str::to_owned) } else { None };
                changes.push(ModeChange { on, letter, param });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_has_its_own_parameter() {
        let message = Message::parse(":a!u@h MODE #x +ov-lk+i bob 小明 key").unwrap();
        let change =
            |on, letter, param: Option<&str>| ModeChange { on, letter, param: param.map(str::to_owned) };
        assert_eq!(
            mode_changes(&message, 1, &ServerFeatures::default()),
            [
                change(true, 'o', Some("bob")),
                change(true, 'v', Some("小明")),
                change(false, 'l', None),
                change(false, 'k', Some("key")),
                change(true, 'i', None),
            ]
        );
    }
}
