//! Where panels lie: from left to right, as many as a line of 24 columns holds.

/// Grafana's columns.
pub(crate) const COLUMNS: u32 = 24;

/// A place on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) w: u32,
    pub(crate) h: u32,
}

/// The next free place.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    x: u32,
    y: u32,
    line: u32,
}

impl Place {
    /// Whether two places have a cell in common.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }
}

impl Cursor {
    /// A place of that size, on the next line where this one is full.
    pub(crate) fn place(&mut self, w: u32, h: u32) -> Place {
        if self.x + w > COLUMNS {
            self.break_line();
        }
        let place = Place { x: self.x, y: self.y, w, h };
        self.x += w;
        self.line = self.line.max(h);
        place
    }

    /// The whole next line, for a heading.
    pub(crate) fn heading(&mut self) -> Place {
        self.break_line();
        let place = self.place(COLUMNS, 1);
        self.break_line();
        place
    }

    const fn break_line(&mut self) {
        self.x = 0;
        self.y += self.line;
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_flow_and_never_overlap() {
        let mut cursor = Cursor::default();
        let mut places = vec![cursor.heading()];
        places.extend([(8, 5), (8, 8), (8, 5), (12, 8), (13, 8)].map(|(w, h)| cursor.place(w, h)));
        places.push(cursor.heading());
        let at: Vec<_> = places.iter().map(|place| (place.x, place.y)).collect();
        assert_eq!(at, [(0, 0), (0, 1), (8, 1), (16, 1), (0, 9), (0, 17), (0, 25)]);
        for (i, a) in places.iter().enumerate() {
            assert!(places[i + 1..].iter().all(|b| !a.overlaps(*b)), "{a:?}");
        }
        assert!(places[1].overlaps(Place { x: 7, y: 5, w: 2, h: 1 }));
    }
}
