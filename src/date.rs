//! Days, for what is accepted until one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day that it is, in UTC, by the clock of this machine.
    #[must_use]
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Self::after_epoch(seconds / 86_400)
    }

    /// So many days after 1970-01-01.
    fn after_epoch(mut days: u64) -> Self {
        let mut date = Date { year: 1970, month: 1, day: 1 };
        loop {
            let length = u64::from(date.days_of_month());
            if days < length {
                return Date { day: date.day + u8::try_from(days).unwrap_or(0), ..date };
            }
            days -= length;
            date = match date.month {
                12 => Date { year: date.year.saturating_add(1), month: 1, day: 1 },
                month => Date { month: month + 1, ..date },
            };
        }
    }

    fn days_of_month(self) -> u8 {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no day: write YYYY-MM-DD");
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else { return Err(wrong()) };
        if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return Err(wrong());
        }
        let number = |part: &str| part.parse::<u8>().unwrap_or(0);
        let date = Date { year: year.parse().unwrap_or(0), month: number(month), day: number(day) };
        let exists = (1..=12).contains(&date.month) && (1..=date.days_of_month()).contains(&date.day);
        exists.then_some(date).ok_or_else(wrong)
    }
}

impl TryFrom<Cow<'_, str>> for Date {
    type Error = String;

    fn try_from(text: Cow<'_, str>) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl JsonSchema for Date {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_compared_and_counted() {
        let day = |text: &str| text.parse::<Date>();
        assert_eq!(day("2026-02-03").expect("a day").to_string(), "2026-02-03");
        assert!(day("2026-02-03") < day("2026-10-01") && day("2025-12-31") < day("2026-01-01"));
        assert!(day("2024-02-29").is_ok() && day("2000-02-29").is_ok());
        for wrong in [
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-1-1",
            "26-01-01",
            "2026-01-00",
            "",
            "soon",
            "+026-01-01",
        ] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
        for (days, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_777, "2026-11-20")] {
            assert_eq!(Date::after_epoch(days).to_string(), text);
        }
        assert!(Date::today() > day("2024-01-01").expect("a day"));
    }
}
