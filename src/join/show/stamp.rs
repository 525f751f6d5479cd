//! The time beside what is shown: only when it differs from what stands above.

/// A moment as the person's own clock shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
    /// 1 to 7, Monday first.
    pub weekday: i8,
    pub hour: i8,
    pub minute: i8,
}

impl Moment {
    fn date(self) -> (i16, i8, i8) {
        (self.year, self.month, self.day)
    }
}

/// What is new about a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The first of its day, but for the day of the first one.
    pub day: Option<Moment>,
    /// The first of its minute.
    pub time: Option<Moment>,
}

/// Remembers the moment that was stamped last.
#[derive(Debug, Default)]
pub struct Stamps(Option<Moment>);

impl Stamps {
    pub fn stamp(&mut self, now: Moment) -> Stamp {
        let last = self.0.replace(now);
        let day = last.filter(|last| last.date() != now.date()).map(|_| now);
        Stamp { day, time: Some(now).filter(|_| last != Some(now)) }
    }

    /// A day has begun and nothing else has happened: the next thing still
    /// shows its time, whatever that is.
    pub fn turn(&mut self, now: Moment) -> Stamp {
        const NO_MINUTE: i8 = -1;
        let last = self.0.replace(Moment { minute: NO_MINUTE, ..now });
        Stamp { day: last.filter(|last| last.date() != now.date()).map(|_| now), time: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::show::{Look, Row, Style};
    use crate::text::Lang;

    const NOON: Moment = Moment { year: 2026, month: 11, day: 23, weekday: 1, hour: 12, minute: 5 };

    /// A time is shown when it changes, a day from the second one on.
    #[test]
    fn times_and_days_when_they_change() {
        let mut stamps = Stamps::default();
        assert_eq!(stamps.stamp(NOON), Stamp { day: None, time: Some(NOON) });
        assert_eq!(stamps.stamp(NOON), Stamp::default());
        let midnight = Moment { day: 24, weekday: 2, hour: 0, minute: 0, ..NOON };
        assert_eq!(stamps.stamp(midnight), Stamp { day: Some(midnight), time: Some(midnight) });
        let mut turned = Stamps::default();
        turned.stamp(NOON);
        assert_eq!(turned.turn(midnight), Stamp { day: Some(midnight), time: None }, "{midnight:?}");
        assert_eq!(turned.stamp(midnight), Stamp { day: None, time: Some(midnight) });
        assert_eq!(turned.turn(midnight), Stamp::default(), "it was told already");
        let same_time = Moment { day: 25, weekday: 3, ..midnight };
        assert_eq!(stamps.stamp(same_time).day, Some(same_time));
    }

    #[test]
    fn the_time_stands_at_the_right_edge() {
        let look = Look { lang: Lang::En, columns: Some(40), time: false };
        let stamp = Stamp { day: None, time: Some(NOON) };
        let rows = look.stamped(stamp, |look| vec![Row::of(Style::Plain, format!("{:?}", look.columns))]);
        assert_eq!(rows[0].text(), format!("{:34}12:05", "Some(40)"));
        let narrow = Look { columns: Some(20), ..look };
        assert_eq!(narrow.stamped(stamp, |_| vec![Row::of(Style::Plain, "x")])[0].text(), "x");
        assert_eq!(look.day(NOON).text(), "── Monday, 23 November 2026 ──");
        let zh = Look { lang: Lang::ZhTw, ..look };
        assert_eq!(zh.day(NOON).text(), "── 2026年11月23日 星期一 ──");
    }
}
