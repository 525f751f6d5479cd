//! Other names where one is refused.

use crate::text::Name;

/// Names with so few characters are made longer, not cut.
const SHORT: usize = 4;

/// The name with another end: one that is as good as the name itself by our
/// rules, and has no more bytes than the server takes; None where there is none.
pub fn variation(name: &str, number: usize, most_bytes: Option<usize>) -> Option<String> {
    let end = match number {
        0 => "_".to_owned(),
        1 => "__".to_owned(),
        _ => format!("_{}", number - 1),
    };
    let is_ours = Name::parse(name).is_ok();
    // A server may count otherwise, or not tell its limit: then what is no
    // longer than the name is the surest.
    let most_bytes = match number > 0 && name.chars().count() >= SHORT {
        true => name.len(),
        false => most_bytes.map_or(usize::MAX, |most| most.max(name.len())),
    };
    let mut stem = name;
    loop {
        let varied = format!("{stem}{end}");
        if varied.len() <= most_bytes && (!is_ours || Name::parse(&varied).is_ok()) && varied != name {
            return Some(varied);
        }
        let (last, _) = stem.char_indices().next_back()?;
        stem = &stem[..last];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_varied_within_the_limits() {
        let vary = |name: &str, most| {
            let all: Vec<String> = (0..8).map_while(|number| variation(name, number, most)).collect();
            assert_eq!(all.len(), 8, "{all:?}");
            for varied in &all {
                assert!(most.is_none_or(|most| varied.len() <= most.max(name.len())), "{varied}");
                assert!(Name::parse(varied).is_ok() && varied != name, "{varied}");
            }
            all[..3].join(" ")
        };
        assert_eq!(vary("小花", None), "小花_ 小花__ 小花_1");
        // Exactly 20 columns.
        let letters = "abcdefghijklmnopqrs_ abcdefghijklmnopqr__ abcdefghijklmnopqr_1";
        assert_eq!(vary("abcdefghijklmnopqrst", None), letters);
        assert_eq!(
            vary("一二三四五六七八九十", Some(60)),
            "一二三四五六七八九_ 一二三四五六七八九__ 一二三四五六七八九_1"
        );
        assert_eq!(vary("alexander", Some(9)), "alexande_ alexand__ alexand_1");
        // A limit that nobody told is met by the second.
        assert_eq!(vary("alexander", None), "alexander_ alexand__ alexand_1");
        assert_eq!(vary("bob_", None), "bob__ bo__ bo_1");
    }
}
