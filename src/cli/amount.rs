//! Ages and sizes as they are typed.

use std::str::FromStr;
use std::time::Duration;

/// A time such as `90d` or `12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(pub Duration);

const UNITS_OF_TIME: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Age, String> {
        let seconds = parse(text, &UNITS_OF_TIME).filter(|seconds| *seconds < u64::from(u32::MAX));
        let seconds = seconds.ok_or("write 90d, 12h or 30m, up to 7101w")?;
        Ok(Age(Duration::from_secs(seconds)))
    }
}

impl std::fmt::Display for Age {
    /// In the largest unit, from days on, that says it exactly.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.as_secs();
        let exact = UNITS_OF_TIME[1..].iter().find(|(_, unit)| seconds.is_multiple_of(*unit));
        let (name, unit) = exact.unwrap_or(&("s", 1));
        write!(f, "{}{name}", seconds / unit)
    }
}

/// A number of bytes such as `500M` or `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

const UNITS_OF_SIZE: [(&str, u64); 4] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl std::fmt::Display for Size {
    /// In the largest unit that says it exactly.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let exact = UNITS_OF_SIZE.iter().find(|(_, unit)| self.0.is_multiple_of(*unit));
        let (name, unit) = exact.unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let bare = text.trim_end_matches("iB").trim_end_matches('B');
        let bytes = parse(bare, &[("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)]);
        // What is beside the database takes half of it.
        bytes
            .filter(|&bytes| bytes >= 64 << 20)
            .map(Size)
            .ok_or_else(|| "write 500M or 2G, at least 64M".to_owned())
    }
}

/// A positive number with one of these units.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(at);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor).filter(|&product| product > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        let said = |text: &str| text.parse::<Age>().map(|age| age.to_string()).ok();
        for (text, shown) in [("90d", "90d"), ("24h", "1d"), ("36h", "36h"), ("2w", "14d"), ("90s", "90s")] {
            assert_eq!(said(text).as_deref(), Some(shown));
        }
        for text in ["soon", "", "d", "90", "0d", "-1d", "1y", "1.5d", "99999999999d"] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_in_bytes() {
        let read = |text: &str| text.parse::<Size>().map(|size| size.0).ok();
        assert_eq!(
            (read("1GiB"), read("1G"), read("65536K"), read("67108864")),
            (Some(1 << 30), Some(1 << 30), Some(64 << 20), Some(64 << 20))
        );
        assert_eq!(
            [1 << 30, 1536 << 20, (64 << 20) + 1].map(|bytes| Size(bytes).to_string()),
            ["1GiB", "1536MiB", "67108865B"]
        );
        for text in ["", "0", "much", "1k", "63M", "99999999999999T"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
