//! The labels of one metric: none, one, or up to four.

use super::Label;
use crate::ConfigError;
use crate::exposition::push_label;

/// The labels of a metric: `()`, a [`Label`], or a tuple of up to four. There is a series for each combination from the start, so their
/// number is known, too.
///
/// It is not for others to implement.
pub trait LabelSet: sealed::Sealed + Copy + Send + Sync + 'static {
    /// How many combinations there are.
    const SIZE: usize;

    /// The names of the labels.
    fn names() -> Vec<&'static str>;

    /// Appends the text of all combinations, in the order of their places.
    #[doc(hidden)]
    fn texts(before: &str, all: &mut Vec<String>);

    /// The place of this combination.
    #[doc(hidden)]
    fn place(self) -> usize;

    /// Whether the labels are what they say.
    ///
    /// # Errors
    /// A value is not at its place, or reads as another one does.
    #[doc(hidden)]
    fn check() -> Result<(), ConfigError>;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for () {}
    impl<A: super::Label> Sealed for A {}
}

fn checked<A: Label>() -> Result<(), ConfigError> {
    let placed = A::ALL.iter().enumerate().all(|(at, value)| value.index() == at);
    let differ = A::ALL
        .iter()
        .enumerate()
        .all(|(at, value)| A::ALL[..at].iter().all(|other| other.as_str() != value.as_str()));
    if placed && differ { Ok(()) } else { Err(ConfigError::InvalidLabel(A::NAME.to_owned())) }
}

impl LabelSet for () {
    const SIZE: usize = 1;

    fn names() -> Vec<&'static str> {
        Vec::new()
    }

    fn texts(before: &str, all: &mut Vec<String>) {
        all.push(before.to_owned());
    }

    fn place(self) -> usize {
        0
    }

    fn check() -> Result<(), ConfigError> {
        Ok(())
    }
}

impl<A: Label> LabelSet for A {
    const SIZE: usize = A::ALL.len();

    fn names() -> Vec<&'static str> {
        vec![A::NAME]
    }

    fn texts(before: &str, all: &mut Vec<String>) {
        all.extend(A::ALL.iter().map(|value| {
            let mut text = before.to_owned();
            push_label(&mut text, A::NAME, value.as_str());
            text
        }));
    }

    fn place(self) -> usize {
        self.index()
    }

    fn check() -> Result<(), ConfigError> {
        checked::<A>()
    }
}

macro_rules! tuples {
    ($( ($first:ident $(, $rest:ident)+) )+) => {$(
        impl<$first: Label, $( $rest: Label ),+> LabelSet for ($first, $( $rest ),+) {
            const SIZE: usize = $first::ALL.len() $( * $rest::ALL.len() )+;

            fn names() -> Vec<&'static str> {
                vec![$first::NAME, $( $rest::NAME ),+]
            }

            fn texts(before: &str, all: &mut Vec<String>) {
                let mut firsts = Vec::new();
                <$first as LabelSet>::texts(before, &mut firsts);
                $(
                    let before = std::mem::take(&mut firsts);
                    before.iter().for_each(|before| <$rest as LabelSet>::texts(before, &mut firsts));
                )+
                all.append(&mut firsts);
            }

            #[allow(non_snake_case)]
            fn place(self) -> usize {
                let ($first, $( $rest ),+) = self;
                let place = $first.index();
                $( let place = place * <$rest as LabelSet>::SIZE + $rest.index(); )+
                place
            }

            fn check() -> Result<(), ConfigError> {
                checked::<$first>()?;
                $( checked::<$rest>()?; )+
                Ok(())
            }
        }

        impl<$first: Label, $( $rest: Label ),+> sealed::Sealed for ($first, $( $rest ),+) {}
    )+};
}

tuples! {
    (A, B)
    (A, B, C)
    (A, B, C, D)
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::labels! {
        enum Size = "size" { Small = "small", Large = "large" }
        enum Colour = "colour" { Red = "red", Green = "green", Odd = "a \"b\"" }
    }

    #[test]
    fn every_combination_has_the_place_of_its_text() {
        let mut texts = Vec::new();
        <(Size, Colour, Size)>::texts("", &mut texts);
        assert_eq!(texts.len(), <(Size, Colour, Size)>::SIZE);
        for a in Size::ALL {
            for b in Colour::ALL {
                for c in Size::ALL {
                    let text = &texts[(*a, *b, *c).place()];
                    let odd = b.as_str().replace('"', "\\\"");
                    let (a, c) = (a.as_str(), c.as_str());
                    assert_eq!(*text, format!("size=\"{a}\",colour=\"{odd}\",size=\"{c}\""));
                }
            }
        }
    }

    #[test]
    fn without_labels_there_is_one_series() {
        let mut texts = Vec::new();
        <()>::texts("", &mut texts);
        assert_eq!((texts, ().place()), (vec![String::new()], 0));
    }
}
