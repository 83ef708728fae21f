using System.Diagnostics;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Model;
using static KvStore.Specs.Robustness.Verdict.Told;

namespace KvStore.Specs.Robustness.Verdict;

public sealed class LinearizabilityCheckSpecs
{
    [Fact]
    public void A_stale_read_is_found() => Breaks(
        "version 2", Put(0, 1, "1", 1), Put(2, 3, "2", 2), Get(4, 5, 1, "1"));

    [Fact]
    public void A_read_while_the_write_is_under_way_may_see_either() => Holds(
        Put(0, 1, "1", 1), Put(2, 9, "2", 2), Get(3, 4, 1, "1"), Get(3.5, 6, 2, "2"));

    [Fact]
    public void A_read_that_goes_back_is_found() => Breaks(
        "version 2", Put(0, 1, "1", 1), Put(2, 9, "2", 2), Get(3, 4, 2, "2"), Get(5, 6, 1, "1"));

    [Fact]
    public void A_lost_acknowledged_write_is_found() => Breaks(
        "two writes", Put(0, 1, "1", 1), Put(2, 3, "2", 2), Put(4, 5, "3", 2));

    [Fact]
    public void An_acknowledged_write_that_nobody_finds_is_found() => Breaks("absent", Put(0, 1, "1", 1), Absent(2, 3));

    [Fact]
    public void A_version_with_two_values_is_found() => Breaks(
        "two values", Put(0, 1, "1", 1), Put(2, 3, "2"), Put(2, 3, "3"), Get(4, 5, 2, "2"), Get(6, 7, 2, "3"));

    [Fact]
    public void A_version_that_is_left_out_is_found() => Breaks("no acknowledged write", Put(0, 1, "1", 1), Put(2, 3, "2", 3));

    [Fact]
    public void Two_winners_of_one_guard_are_found() => Breaks(
        "guard ifVersion=1", Put(0, 1, "1", 1), Put(2, 4, "2", 2, ifVersion: 1), Put(2, 4, "3", 3, ifVersion: 1));

    [Fact]
    public void A_read_of_a_write_that_was_not_applied_is_found() => Breaks(
        "no acknowledged write", Put(0, 1, "1", 1), Put(2, 3, "2").Refused(), Get(4, 5, 2, "2"));

    [Fact]
    public void A_value_that_nobody_wrote_is_found() => Breaks(
        "no write that may have taken effect", Put(0, 1, "1", 1), Put(2, 3, "2"), Get(4, 5, 2, "other"));

    [Fact]
    public void A_conflict_with_a_version_that_never_was_is_found() => Breaks(
        "no acknowledged write", Put(0, 1, "1", 1), Conflict(2, 3, expected: 0, current: 2), Get(4, 5, 1, "1"));

    [Fact]
    public void A_conflict_with_the_version_that_was_expected_is_found() => Breaks(
        "guard", Put(0, 1, "1", 1), Conflict(2, 3, expected: 1, current: 1));

    [Fact]
    public void A_conflict_with_an_old_version_is_found() => Breaks(
        "version 2", Put(0, 1, "1", 1), Put(2, 3, "2", 2), Conflict(4, 5, expected: 0, current: 1));

    [Fact]
    public void An_unknown_write_may_take_effect_long_after_its_client_gave_up() => Holds(
        Put(0, 1, "1", 1), Put(2, 3, "2"), Get(4, 5, 1, "1"), Get(60, 61, 2, "2"));

    [Fact]
    public void A_choice_of_an_unknown_write_that_fails_later_is_taken_back() => Holds(
        Put(0, 1, "any"), Put(0, 1, "creation", ifVersion: 0), Put(4, 5, "2", 2), Put(8, 9, "4", 4));

    [Fact]
    public void An_unknown_write_that_takes_effect_before_it_began_is_found() => Breaks(
        "version 2", Put(0, 1, "1", 1), Get(2, 3, 2, "2"), Put(4, 5, "2"));

    [Fact]
    public void An_unknown_write_that_takes_effect_twice_is_found()
    {
        Breaks("one write made both", Put(0, 1, "1", 1), Put(2, 3, "2"), Put(2, 3, "x"), Get(4, 5, 2, "2"), Put(6, 7, "3", 3), Get(8, 9, 4, "2"));
        Breaks("seen absent", Put(0, 1, "1", 1), Delete(2, 3), Put(4, 5, "2", 3), Absent(6, 7));
    }

    [Fact]
    public void A_deleted_value_that_comes_back_is_found() => Breaks(
        "version 2", Put(0, 1, "1", 1), Delete(2, 3, 2), Get(4, 5, 1, "1"));

    [Fact]
    public void A_key_that_begins_again_at_1_after_its_deletion_is_found() => Breaks(
        "two writes", Put(0, 1, "1", 1), Delete(2, 3, 2), Put(4, 5, "2", 1));

    [Fact]
    public void A_key_that_is_created_again_goes_on_from_its_tombstone() => Holds(
        Absent(0, 1), Put(2, 3, "1", 1), Delete(4, 5, 2), Absent(5.5, 6), Put(7, 8, "2", 3, ifVersion: 0), Get(9, 10, 3, "2"));

    [Fact]
    public void A_merge_into_something_else_than_what_was_there_is_found() => Breaks(
        "would be", Put(0, 1, """{"w":1}""", 1), Put(2, 3, """{"w":2}""", 2), Patch(4, 5, """{"p":3}""", 3, """{"w":1,"p":3}"""));

    [Fact]
    public void A_violation_is_told_with_the_operations_that_show_it_and_no_others()
    {
        var long_ago = Enumerable.Range(1, 50).SelectMany(i =>
            new[] { Put(i, i + 0.5, $"\"old-{i}\"", i), Get(i + 0.6, i + 0.7, i, $"\"old-{i}\"") });
        var after = Enumerable.Range(52, 50).Select(i => Put(i + 40, i + 40.5, $"\"new-{i}\"", i));

        var finding = Assert.Single(LinearizabilityCheck.Of(Run(
            [.. long_ago, Put(60, 61, "\"x\"", 51), Get(62, 63, 50, "\"old-50\""), Get(62, 63, 51, "\"x\""), .. after])));

        Assert.Contains("key 'k'", finding.Text, StringComparison.Ordinal);
        Assert.Contains("62.000000–63.000000 s  client 1 → node-0  GET: Done (200) version 50", finding.Text, StringComparison.Ordinal);
        Assert.Contains("PUT \"x\": Done (200) version 51", finding.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("old-48", finding.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("new-52", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_that_is_given_up_is_undecided_and_no_pass()
    {
        var finding = Assert.Single(LinearizabilityCheck.Of(Run(Put(0, 1, "1", 1), Put(2, 3, "2", 2), Put(4, 5, "3", 3)), maxSteps: 2));

        Assert.Equal(FindingKind.Undecided, finding.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Six_hot_keys_of_5000_operations_and_60_unknown_writes_each_take_a_few_seconds(bool isBroken)
    {
        var history = Run(Enumerable.Range(0, 6).SelectMany(key =>
            BusyKey(new Random(key), isBroken && key == 3).Select(operation => operation with { Key = $"hot/{key}" })));
        var watch = Stopwatch.StartNew();

        var findings = LinearizabilityCheck.Of(history).ToArray();

        Assert.Equal(isBroken ? [FindingKind.Violation] : [], findings.Select(finding => finding.Kind));

        // A few seconds on a machine of its own; the bound is for one that has much else to do.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    [Fact]
    public void A_refusal_that_was_none_is_found_also_among_hundreds_of_unknown_writes()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var operations = BusyKey(new Random(seed), isBroken: false, unknownOf: 8).ToList();
            Assert.InRange(operations.Count(operation => operation.Outcome == Outcome.Unknown), 200, int.MaxValue);
            Assert.Empty(LinearizabilityCheck.Of(Run(operations)));

            // One that a merge shows later, but no read of its own version.
            var lie = operations.FindIndex(operations.Count / 2, operation => operation is { Kind: OperationKind.Put, Outcome: Outcome.Done }
                && operations.Any(other => other.Kind == OperationKind.Patch && other.Version == operation.Version + 1)
                && !operations.Any(other => other.Kind == OperationKind.Get && other.Version == operation.Version));
            operations[lie] = operations[lie].Refused();

            Assert.Equal(FindingKind.Violation, Assert.Single(LinearizabilityCheck.Of(Run(operations))).Kind);
        }
    }

    /// <summary>A true history of one key, but for one read near its end that goes back where it is broken.</summary>
    private static IEnumerable<Operation> BusyKey(Random random, bool isBroken, int unknownOf = 50)
    {
        const int Count = 5_000;
        var (version, value, time) = (0L, (string?)null, 0.0);
        for (var i = 0; i < Count; i++)
        {
            time += 0.01;
            var (start, end) = (time - (random.NextDouble() * 0.05), time + (random.NextDouble() * 0.05));
            var drawn = random.Next(100);
            if (drawn < 40)
            {
                var isLie = isBroken && i > Count * 9 / 10 && value is not null && version > 10;
                yield return value is null
                    ? Absent(start, end)
                    : isLie ? Conflict(start, end, expected: 0, current: version - 6) : Get(start, end, version, value);
                isBroken &= !isLie;
                continue;
            }

            var isUnknown = random.Next(unknownOf) == 0;
            var happens = !isUnknown || random.Next(2) == 0;
            var sent = drawn < 75 ? $$"""{"w":{{i}}}""" : $$"""{"p":{{i}}}""";
            var next = drawn >= 92 ? null : drawn < 75 ? sent : ModelValue.Merge(value, sent);
            if (next is null && value is null)
            {
                continue;
            }

            (version, value) = happens ? (version + 1, next) : (version, value);
            long? told = isUnknown ? null : version;
            yield return next is null ? Delete(start, end, told) : drawn < 75 ? Put(start, end, sent, told) : Patch(start, end, sent, told, value);
        }
    }

    private static void Holds(params Operation[] operations) => Assert.Empty(LinearizabilityCheck.Of(Run(operations)));

    private static void Breaks(string why, params Operation[] operations)
    {
        var finding = Assert.Single(LinearizabilityCheck.Of(Run(operations)));
        Assert.Equal(FindingKind.Violation, finding.Kind);
        Assert.Contains(why, finding.Text, StringComparison.Ordinal);
    }
}
