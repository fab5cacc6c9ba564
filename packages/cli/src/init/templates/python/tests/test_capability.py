import unittest

from cjm_capability import CapabilityInputError

from my_capability.capability import MyCapability


class Greeting(unittest.TestCase):
    def setUp(self) -> None:
        self.capability = MyCapability()
        self.capability.initialize({})

    def test_greets_by_name(self) -> None:
        self.assertEqual(self.capability.execute("greet", name="Ada"), {"text": "Hello, Ada!"})

    def test_refuses_to_greet_nobody(self) -> None:
        with self.assertRaisesRegex(CapabilityInputError, "name"):
            self.capability.execute("greet")


if __name__ == "__main__":
    unittest.main()
