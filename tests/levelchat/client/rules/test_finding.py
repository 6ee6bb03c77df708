"""Laws of the account of violations."""

from levelchat.client.rules.finding import MAX_EVIDENCE, MAX_VIOLATIONS, Account, Finding


def test_the_same_violation_is_counted_with_its_first_time() -> None:
    """One entry a rule and sentence, with the first evidence."""
    account = Account()
    account.add([Finding("A1.1", "broken", "first")], "http://a", 10)
    account.add([Finding("A1.1", "broken", "second")], "http://b", 20)
    (violation,) = account.violations()

    assert (violation.count, violation.first_ns) == (2, 10)
    assert "first" in violation.evidence
    assert "http://a" in violation.evidence


def test_the_account_is_bounded() -> None:
    """Beyond its bound it counts what it does not tell, and evidence has a length."""
    account = Account()
    for number in range(MAX_VIOLATIONS + 5):
        account.add([Finding("A1.1", f"{number}", "x" * 1000)], "u", number)

    assert (len(account.violations()), account.untold) == (MAX_VIOLATIONS, 5)
    assert len(account.violations()[0].evidence) == MAX_EVIDENCE
