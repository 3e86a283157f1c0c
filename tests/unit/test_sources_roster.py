"""Class lists of every system, and who is matched with whom: by identifiers, never by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.sources import Attempt, Found, Id, Kind, Match, Person, Roster, match, read_roster


@pytest.fixture
def roster(tmp_path: Path):
    def roster(text: str, coding: str = "utf-8") -> Roster:
        (tmp_path / "class.csv").write_bytes(text.encode(coding))
        return read_roster(tmp_path / "class.csv")

    return roster


def found(*people: Person) -> Found:
    attempts = (Attempt(p, 1, None, None, late=False, paths=(), label=p.name) for p in people)
    return Found(Kind.FOLDER, "", tuple(attempts), ())


def pairs(result: Match) -> dict[str, tuple[str, str]]:
    return {one.person.key: (one.enrolled.name, one.by) for one in result.matched}


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (1234)\n"
    "    Points Possible,,,,,100\n"
    '"Doe, Jane",101,S1,jdoe,Web 1,\n'
    '"Roe, Joe",102,S2,jroe,Web 1,\n'
)


def test_canvas_gradebook(roster) -> None:
    read = roster(CANVAS)
    assert read.columns == ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 3 (1234)")
    jane, _ = read.people
    assert (jane.name, jane.line) == ("Doe, Jane", 3)
    assert jane.ids == ((Id.CANVAS, "101"), (Id.SIS, "S1"), (Id.USERNAME, "jdoe"))
    assert jane.extra == (("Section", "Web 1"), ("Lab 3 (1234)", ""))
    result = match(read, found(Person("101", "doejane", ((Id.CANVAS, "101"),))))
    assert pairs(result) == {"101": ("Doe, Jane", "canvas_id")}
    assert [one.name for one in result.missing] == ["Roe, Joe"]


def test_moodle_worksheet_in_any_language(roster) -> None:
    read = roster("Identifier;Full name;Email address;Status\nParticipante 77;Jane Doe;j@x;Entregado\n")
    assert read.people[0].ids == ((Id.PARTICIPANT, "77"), (Id.EMAIL, "j@x"))
    assert pairs(match(read, found(Person("77", "J", ((Id.PARTICIPANT, "77"),))))) == {
        "77": ("Jane Doe", "moodle_participant_id")
    }


def test_blackboard_work_offline(roster) -> None:
    head = ("Last Name", "First Name", "Username", "Student ID", "Lab 3 [Total Pts: 10] |664617")
    text = "\n".join("\t".join(f'"{cell}"' for cell in row) for row in (head, ("Doe", "Jane", "JDoe", "9", "")))
    read = roster(text, "utf-16")
    assert (read.people[0].name, read.people[0].ids) == ("Jane Doe", ((Id.USERNAME, "JDoe"), (Id.STUDENT, "9")))
    assert pairs(match(read, found(Person("jdoe", "x", ((Id.USERNAME, "jdoe"),))))) == {
        "jdoe": ("Jane Doe", "username")
    }


def test_brightspace_export(roster) -> None:
    read = roster("OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#42,#jdoe,Doe,Jane,#\n")
    assert read.people[0].ids == ((Id.STUDENT, "42"), (Id.USERNAME, "jdoe"))
    result = match(read, found(Person("5-6", "Jane Doe", ((Id.BRIGHTSPACE, "5-6"),))))
    assert pairs(result) == {"5-6": ("Jane Doe", "name")}


def test_gradescope_roster(roster) -> None:
    read = roster("First Name,Last Name,SID,Email,Role\nJane,Doe,1,J@x,Student\n")
    by_mail = Person("j@X", "?", ((Id.EMAIL, "j@X"),))
    assert pairs(match(read, found(by_mail))) == {"j@X": ("Jane Doe", "email")}
    assert pairs(match(read, found(Person("1", "?", ((Id.STUDENT, "1"),))))) == {"1": ("Jane Doe", "student_id")}


def test_github_rosters(roster) -> None:
    old = roster("identifier,github_username,github_id,name\njane@x,Jane-D,7,\n")
    assert old.people[0].ids == ((Id.OTHER, "jane@x"), (Id.GITHUB, "Jane-D"), (Id.GITHUB_NUMBER, "7"))
    new = roster("username,first_name,last_name,email,section,github_id\nJane-D,Jane,Doe,j@x,,7\n")
    assert new.people[0].ids[0] == (Id.GITHUB, "Jane-D")
    for read in (old, new):
        result = match(read, found(Person("jane-d", "jane-d", ((Id.GITHUB, "jane-d"),))))
        assert [one.by for one in result.matched] == ["github_username"]


def test_a_folder_may_be_called_by_any_identifier_or_by_the_name(roster) -> None:
    read = roster("Name,Email,Username\nJane Doe,j@x,jdoe\nJoe Roe,r@x,jroe\n李 小龍,l@x,lee\nMin Ho,m@x,min\n")
    people = [Person(key, key) for key in ("JDOE", "r@x", "李 小龍", "Ho Min", "stranger")]
    result = match(read, found(*people))
    assert {key: by for key, (_, by) in pairs(result).items()} == {
        "JDOE": "username",
        "r@x": "email",
        "李 小龍": "name",
        "Ho Min": "name",
    }
    assert [one.key for one in result.unknown] == ["stranger"]
    assert (result.missing, result.ambiguous) == ((), ())


def test_canvas_squeezes_names(roster) -> None:
    read = roster('Name,Email\n"O\'Neill-Smith, Anne Marie",a@x\n')
    person = Person("5", "oneillsmithannemarie", ((Id.CANVAS, "5"),))
    assert pairs(match(read, found(person)))["5"][1] == "name"


def test_two_people_with_one_name_are_never_matched_by_guess(roster) -> None:
    read = roster("Name,Email\nJane Doe,a@x\nJane Doe,b@x\nJoe Roe,c@x\n")
    result = match(read, found(Person("1-2", "Jane Doe"), Person("3-4", "Joe Roe"), Person("5-6", "Joe  Roe")))
    assert pairs(result) == {"3-4": ("Joe Roe", "name")}  # exactly as written
    (unclear,) = result.ambiguous
    assert [one.line for one in unclear.enrolled] == [2, 3]
    assert unclear.sentence == (
        "By name alone it is ambiguous who is who: Jane Doe (1-2) in the source, Jane Doe (line 2), Jane Doe (line 3) "
        "in the class list. Give a list with identifiers, or say it in a manifest."
    )
    assert (result.missing, [one.key for one in result.unknown]) == ((), ["5-6"])


def test_names_that_differ_only_in_case_or_form(roster) -> None:
    read = roster("Name,Email\nJosé,a@x\nJose\u0301,b@x\nJOSÉ,c@x\n")
    one = match(read, found(Person("k", "José"), Person("l", "Jose\u0301")))
    assert {m.person.key: m.enrolled.line for m in one.matched} == {"k": 2, "l": 3}
    assert len(match(read, found(Person("k", "josé"))).ambiguous) == 1


def test_turned_names_do_not_mislead(roster) -> None:
    read = roster("Name,Email\nJames Dean,a@x\nDean James,b@x\n")
    result = match(read, found(Person("1-1", "Dean James"), Person("2-2", "James Dean")))
    assert {m.person.key: m.enrolled.line for m in result.matched} == {"1-1": 3, "2-2": 2}


def test_the_same_row_twice_is_one_person_and_a_shared_identifier_a_mistake(roster) -> None:
    assert len(roster("Name,Email\nA,a@x\nA,a@x\n").people) == 1
    with pytest.raises(
        UsageError, match=r"^class\.csv: lines 2 and 3 have the same email, a@x, and differ in the rest\."
    ):
        roster("Name,Email\nA,a@x\nB,a@x\n")


@pytest.mark.parametrize("text", ["Grade,Comment\n1,2\n", "First name,Grade\nA,2\n"])
def test_a_list_that_names_nobody(roster, text: str) -> None:
    with pytest.raises(UsageError, match=r"^class\.csv:1: no column names a person; there are .*Full name"):
        roster(text)


def test_everybody_is_in_exactly_one_of_the_four(roster) -> None:
    read = roster("Name,Username\n" + "".join(f"N {n % 7},u{n}\n" for n in range(40)))
    people = [Person(f"u{n}" if n % 2 else f"x{n}", f"N {n % 9}") for n in range(50)]
    result = match(read, found(*people))
    in_class = [m.enrolled.line for m in result.matched] + [e.line for e in result.missing]
    in_class += [e.line for one in result.ambiguous for e in one.enrolled]
    keys = [m.person.key for m in result.matched] + [p.key for p in result.unknown]
    keys += [p.key for one in result.ambiguous for p in one.people]
    assert sorted(in_class) == [one.line for one in read.people]
    assert sorted(keys) == sorted({p.key for p in people})
