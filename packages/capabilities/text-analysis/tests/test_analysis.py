import time
import unittest

from cjm_capability_text_analysis.language import guess_language
from cjm_capability_text_analysis.readability import count_syllables, readability_of
from cjm_capability_text_analysis.sentences import split_sentences
from cjm_capability_text_analysis.terms import score_terms
from cjm_capability_text_analysis.words import split_words

SAMPLES = {
    "en": "The worker is started by the host and answers every request that it gets until it is told to stop.",
    "de": "Der Vermittler startet den Arbeiter und wartet, bis er bereit ist; danach werden die Aufträge nacheinander ausgeführt.",
    "fr": "Le serveur attend que les tâches soient terminées, puis il envoie les résultats dans une seule réponse.",
    "es": "El servidor espera hasta que las tareas terminan y después envía los resultados en una sola respuesta.",
    "it": "Il server aspetta che tutte le attività siano finite e poi manda i risultati con una sola risposta.",
    "pt": "O servidor espera até que as tarefas terminem e depois envia os resultados em uma única resposta para você.",
    "nl": "De server wacht tot alle taken klaar zijn en stuurt daarna de resultaten in een enkel antwoord naar de gebruiker.",
    "ru": "Сервер ждёт, пока все задачи не будут выполнены, и только после этого отправляет результаты пользователю.",
    "ja": "サーバーはすべてのタスクが終わるまで待ちます。",
    "zh": "服务器等待所有任务完成，然后发送结果。",
    "und": "x = 1; y = f(x)",
}


class Language(unittest.TestCase):
    def test_samples(self):
        for code, text in SAMPLES.items():
            with self.subTest(code):
                self.assertEqual(guess_language(text)["code"], code)

    def test_nothing_says_nothing(self):
        self.assertEqual(guess_language(""), {"code": "und", "confidence": 0.0})


class Sentences(unittest.TestCase):
    def test_cases(self):
        cases = [
            ("One. Two! Three?", ["One.", "Two!", "Three?"]),
            ("Dr. Smith paid 3.50 to J. R. Hall, e.g. in May. Then he left.", ["Dr. Smith paid 3.50 to J. R. Hall, e.g. in May.", "Then he left."]),
            ("Wait... what? No.", ["Wait... what?", "No."]),
            ('He said "stop." Then silence.', ['He said "stop."', "Then silence."]),
            ("A heading\n\nA paragraph without an end", ["A heading", "A paragraph without an end"]),
            ("一つ目です。二つ目です。", ["一つ目です。", "二つ目です。"]),
            ("  \n\n ... \n", []),
            ("", []),
        ]
        for text, expected in cases:
            with self.subTest(text):
                self.assertEqual(split_sentences(text), expected)


class Terms(unittest.TestCase):
    def test_what_a_text_keeps_coming_back_to_wins(self):
        text = "The job queue admits jobs. A job queue is a list. Nobody likes an empty job queue. The weather is fine."
        terms = score_terms(text, "en", 3, None)
        self.assertEqual(terms[0]["term"], "job queue")
        self.assertEqual(terms[0]["count"], 3)

    def test_stop_words_are_no_terms(self):
        self.assertEqual(score_terms("the and of to a in is it", "en", 5, None), [])

    def test_the_limit_holds(self):
        self.assertEqual(len(score_terms("alpha, beta, gamma, delta", "en", 2, None)), 2)

    def test_a_word_that_only_stands_inside_a_phrase_is_not_listed_beside_it(self):
        terms = score_terms("The context graph. A context graph! Any context graph?", "en", 5, None)
        self.assertEqual([term["term"] for term in terms], ["context graph"])


class Readability(unittest.TestCase):
    def test_easy_text_is_easier_than_hard_text(self):
        easy = "The cat sat on the mat. The dog ran to the cat. They sat on the mat and ate. It was a good day for all."
        hard = "Despite everything, organisational heterogeneity occasionally necessitates comprehensive interdisciplinary collaboration notwithstanding institutional constraints, administrative complications, considerable methodological uncertainties and thoroughly unforeseeable consequences of implementation."
        values = [readability_of(split_words(text), len(split_sentences(text)), "en")["fleschReadingEase"] for text in (easy, hard)]
        self.assertGreater(values[0], 80)
        self.assertLess(values[1], 0)

    def test_it_says_why_it_has_none(self):
        self.assertEqual(readability_of(["ein"] * 30, 2, "de")["reason"], "the formulas are for English")
        self.assertEqual(readability_of(["one"], 1, "en")["reason"], "the text is too short")

    def test_syllables(self):
        for word, count in {"cat": 1, "table": 2, "make": 1, "walked": 1, "wanted": 2, "banana": 3, "the": 1}.items():
            with self.subTest(word):
                self.assertEqual(count_syllables(word), count)


class Size(unittest.TestCase):
    def test_a_megabyte_without_a_space_takes_no_longer_than_ordinary_text(self):
        ordinary = SAMPLES["en"] + " "
        ordinary *= 1_000_000 // len(ordinary)

        def seconds(text):
            began = time.perf_counter()
            guess_language(text), split_sentences(text), split_words(text), score_terms(text, "en", 10, None)
            return time.perf_counter() - began

        self.assertLess(seconds("x" * 1_000_000), 5 * seconds(ordinary))
        self.assertLess(seconds("." * 1_000_000), 5 * seconds(ordinary))


if __name__ == "__main__":
    unittest.main()
