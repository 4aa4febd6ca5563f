//! The answers of one connection, and since when the client has taken too little of each.

/// A client has to take so much of a waiting answer in each time of the write timer, or all that is left of it: a window
/// that opens byte by byte is no progress.
pub(super) const PROGRESS: usize = 1024;

/// Moments are the connection's; zero is "not".
#[derive(Debug, Default)]
pub(crate) struct Answers(Vec<Answer>);

#[derive(Debug, Default)]
struct Answer {
    /// The request or the body of its answer still exists.
    body: bool,
    /// Which of the requests that have had this place it is.
    generation: u32,
    /// The answer's head is there.
    begun: bool,
    /// What the protocol has pulled from the body and not yet given to the socket.
    chunks: usize,
    waiting_since: u64,
    taken: usize,
}

impl Answers {
    /// A place for a request, and its generation there; places are used again, so that a request on a used connection
    /// allocates nothing.
    pub(crate) fn begin(&mut self) -> (usize, u32) {
        let place = self.0.iter().position(Answer::is_over).unwrap_or_else(|| {
            self.0.push(Answer::default());
            self.0.len() - 1
        });
        let answer = &mut self.0[place];
        answer.body = true;
        answer.begun = false;
        answer.generation = answer.generation.wrapping_add(1);
        (place, answer.generation)
    }

    pub(crate) fn begin_answer(&mut self, place: usize) {
        self.0[place].begun = true;
    }

    /// Also where the place is another request's by now: a body may outlive the answer.
    pub(crate) fn is_begun(&self, (place, generation): (usize, u32)) -> bool {
        let answer = &self.0[place];
        answer.begun || answer.generation != generation
    }

    pub(crate) fn begin_chunk(&mut self, place: usize, now: u64) {
        let answer = &mut self.0[place];
        answer.chunks += 1;
        if answer.waiting_since == 0 {
            answer.waiting_since = now;
        }
    }

    pub(crate) fn took(&mut self, place: usize, bytes: usize, now: u64) {
        let answer = &mut self.0[place];
        answer.taken += bytes;
        if answer.taken >= PROGRESS {
            (answer.waiting_since, answer.taken) = (now, 0);
        }
    }

    /// Whether the answer is over with it.
    pub(crate) fn end_chunk(&mut self, place: usize) -> bool {
        let answer = &mut self.0[place];
        answer.chunks -= 1;
        if answer.chunks == 0 {
            (answer.waiting_since, answer.taken) = (0, 0);
        }
        answer.is_over()
    }

    /// Whether the answer is over with it; not while a chunk is left.
    pub(crate) fn end_body(&mut self, place: usize) -> bool {
        self.0[place].body = false;
        self.0[place].is_over()
    }

    /// Since when the answer that waits longest has waited.
    pub(crate) fn waiting_since(&self) -> Option<u64> {
        self.0.iter().map(|answer| answer.waiting_since).filter(|since| *since != 0).min()
    }
}

impl Answer {
    const fn is_over(&self) -> bool {
        !self.body && self.chunks == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_counts_and_only_while_a_chunk_waits() {
        let mut answers = Answers::default();
        let ((one, _), (two, _)) = (answers.begin(), answers.begin());
        assert_eq!(answers.waiting_since(), None, "a handler or body takes the time it takes");
        answers.begin_chunk(one, 5);
        answers.begin_chunk(two, 7);
        assert_eq!(answers.waiting_since(), Some(5));
        answers.took(two, PROGRESS, 8);
        assert_eq!(answers.waiting_since(), Some(5), "the progress of one is not that of another");
        assert!(!answers.end_chunk(one));
        assert_eq!(answers.waiting_since(), Some(8));
    }

    #[test]
    fn bytes_one_by_one_are_no_progress_until_they_are_many() {
        let mut answers = Answers::default();
        let (place, _) = answers.begin();
        answers.begin_chunk(place, 1);
        for now in 2..=1024 {
            answers.took(place, 1, now);
            assert_eq!(answers.waiting_since(), Some(1));
        }
        answers.took(place, 1, 1025);
        assert_eq!(answers.waiting_since(), Some(1025));
        answers.begin_chunk(place, 1026);
        assert!(!answers.end_chunk(place));
        assert_eq!(answers.waiting_since(), Some(1025), "there is still one");
    }

    #[test]
    fn an_answer_ends_with_its_last_chunk_and_leaves_its_place() {
        let mut answers = Answers::default();
        let (place, first) = answers.begin();
        answers.begin_chunk(place, 1);
        assert!(!answers.end_body(place));
        assert_ne!(answers.begin().0, place);
        assert!(!answers.is_begun((place, first)));
        assert!(answers.end_chunk(place));
        let (again, second) = answers.begin();
        assert_eq!(again, place);
        assert!(answers.is_begun((place, first)), "over, whatever the next one is");
        assert!(!answers.is_begun((place, second)));
    }
}
