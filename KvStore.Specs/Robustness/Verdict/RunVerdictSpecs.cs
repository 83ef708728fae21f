using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Specs.Robustness.History;
using static KvStore.Specs.Robustness.Verdict.Told;

namespace KvStore.Specs.Robustness.Verdict;

public sealed class RunVerdictSpecs
{
    private static readonly string[] Nodes = ["node-0", "node-1"];

    [Fact]
    public void A_run_of_enough_operations_that_all_fit_together_passes()
    {
        var verdict = RunVerdict.Judge(Busy(400, seconds: 1), Nodes);

        Assert.Equal(RunResult.Pass, verdict.Result);
        Assert.Contains("Put: Done 400", verdict.Counts, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_too_few_operations_a_second_is_invalid_and_no_violation() =>
        Assert.Equal(RunResult.Invalid, RunVerdict.Judge(Busy(199, seconds: 1), Nodes).Result);

    [Fact]
    public void A_violation_counts_more_than_an_invalid_run() =>
        Assert.Equal(RunResult.Violation, RunVerdict.Judge(Run(Put(0, 1, "1", 1), Absent(2, 3)), Nodes).Result);

    [Fact]
    public void An_answer_that_the_contract_has_not_is_a_violation() => Finds(
        "no such answer", AnswerCheck.Of(Run(Put(0, 1, "1") with { Outcome = Outcome.Forbidden }), Nodes));

    [Fact]
    public void A_node_that_is_none_is_a_violation_wherever_it_is_named()
    {
        Finds("KvStore-Node", AnswerCheck.Of(Run(Get(0, 1, 1, "1") with { Owner = "node-7" }), Nodes));
        Finds("node that failed", AnswerCheck.Of(Run(Put(0, 1, "1").Refused() with { FailedNode = "node-7" }), Nodes));
        Finds("is listed with", AnswerCheck.Of(Run(List(0, 1, new ListedKey(TheKey, "node-7", "1", 1))), Nodes));
        Assert.Empty(AnswerCheck.Of(Run(List(0, 1, new ListedKey(TheKey, null, "1", 1)), Put(0, 1, "1").Refused() with { FailedNode = "node-1" }), Nodes));
    }

    [Fact]
    public void A_version_that_is_used_twice_or_left_out_is_a_violation()
    {
        Finds("used twice", VersionCheck.Of(Run(Put(0, 1, "1", 1), Put(2, 3, "2", 1))));
        Finds("nobody's", VersionCheck.Of(Run(Put(0, 1, "1", 1), Put(2, 3, "2", 3))));
        Assert.Empty(VersionCheck.Of(Run(Put(0, 1, "1", 1), Put(0, 1, "3"), Put(2, 3, "2", 3))));
    }

    [Fact]
    public void An_acknowledged_write_that_is_not_there_at_the_end_is_a_violation()
    {
        Finds("version 2 is lost", EndCheck.Of(Run(Put(0, 1, "1", 1), Put(2, 3, "2", 2), Get(4, 5, 1, "1"))));
        Finds("version 1 is lost", EndCheck.Of(Run(Put(0, 1, "1", 1), Absent(4, 5))));
        Finds("version 2 is lost", EndCheck.Of(Run(Put(0, 1, "1", 1), Delete(2, 3, 2), Get(4, 5, 1, "1"))));
        Finds("version 1 is lost", EndCheck.Of(Run(Put(0, 1, "1", 1), Get(4, 5, 1, "other"))));
        Assert.Empty(EndCheck.Of(Run(Put(0, 1, "1", 1), Delete(2, 3), Absent(4, 5))));
    }

    [Fact]
    public void A_key_that_nobody_read_at_the_end_makes_the_run_invalid() => Assert.Equal(
        FindingKind.Invalid, Assert.Single(EndCheck.Of(Run(Put(0, 1, "1", 1), Get(0.5, 1.5, 1, "1")))).Kind);

    [Fact]
    public void A_listing_has_what_was_there_all_the_time()
    {
        Finds("is missing", ListingCheck.Of(Run(Put(0, 1, "1", 1), List(2, 3))));
        Finds("is missing", ListingCheck.Of(Run(Put(0, 1, "1", 1), List(2, 3), Delete(4, 5, 2))));
        Finds("is missing", ListingCheck.Of(Run(Put(0, 1, "1", 1), Delete(1, 2, 2), Put(2, 3, "2", 3), List(4, 5))));
        Assert.Empty(ListingCheck.Of(Run(Put(0, 2.5, "1", 1), List(2, 3))));
        Assert.Empty(ListingCheck.Of(Run(Put(0, 1, "1", 1), List(2, 3), Delete(2.5, 5, 2))));
        Assert.Empty(ListingCheck.Of(Run(Put(0, 1, "1", 1), Delete(1, 2), List(20, 30))));
    }

    [Fact]
    public void A_listing_has_nothing_that_was_absent_all_the_time_and_nothing_old()
    {
        var line = new ListedKey(TheKey, "node-0", "1", 1);
        Finds("nobody ever wrote it", ListingCheck.Of(Run(List(2, 3, line))));
        Finds("absent all the time", ListingCheck.Of(Run(List(2, 3, line), Put(4, 5, "1", 1))));
        Finds("was gone before", ListingCheck.Of(Run(Put(0, 1, "1", 1), Delete(1, 1.5, 2), List(2, 3, line))));
        Finds("was gone before", ListingCheck.Of(Run(Put(0, 1, "1", 1), Put(1, 1.5, "2", 2), List(2, 3, line))));
        Assert.Empty(ListingCheck.Of(Run(Put(0, 1, "1", 1), Put(1, 2.5, "2", 2), List(2, 3, line))));
    }

    [Fact]
    public void A_listed_value_that_was_never_written_has_no_explanation() => Finds(
        "has the value", LinearizabilityCheck.Of(Run(Put(0, 1, "1", 1), Put(2, 3, "2"), List(4, 5, new ListedKey(TheKey, null, "3", 2)))));

    [Fact]
    public void A_listing_is_sorted_by_bytes_and_has_no_key_twice()
    {
        Operation[] writes = [Put(0, 1, "1", 1) with { Key = "🜁" }, Put(0, 1, "1", 1) with { Key = "\uFFFD" }];
        var (private_use, beyond) = (new ListedKey("\uFFFD", null, "1", 1), new ListedKey("🜁", null, "1", 1));

        Assert.Empty(ListingCheck.Of(Run([.. writes, List(2, 3, private_use, beyond)])));
        Finds("does not come behind", ListingCheck.Of(Run([.. writes, List(2, 3, beyond, private_use)])));
        Finds("does not come behind", ListingCheck.Of(Run([.. writes, List(2, 3, private_use, private_use, beyond)])));
    }

    [Fact]
    public void The_owner_that_is_named_held_the_shard_at_some_time_of_the_call()
    {
        var shard = ShardMap.ShardOf(Key.Parse(TheKey), 128);
        var check = new OwnerCheck(
            [
                new(shard, 1, "node-0", 1_000_000, 1_100_000),
                new(shard, 1, null, 5_000_000, 5_100_000),
                new(shard, 2, "node-1", 7_000_000, 7_100_000),
                new(shard, 4, "node-1", 20_000_000, 20_100_000),
            ],
            128);

        Finds("node-0 did not hold", check.Of(Run(By("node-0", 0, 0.9))));
        Assert.Empty(check.Of(Run(By("node-0", 0, 1.05), By("node-0", 5.05, 6), By("node-0", 2, 3))));
        Finds("node-0 did not hold", check.Of(Run(By("node-0", 5.2, 6.9))));
        Finds("node-1 did not hold", check.Of(Run(By("node-1", 2, 6.9))));
        Assert.Empty(check.Of(Run(By("node-1", 2, 7), By("node-1", 90, 91))));

        // Who held epoch 3 was not recorded.
        Assert.Empty(check.Of(Run(By("node-0", 8, 9))));
        Finds("node-0 did not hold", check.Of(Run(By("node-0", 21, 22))));
    }

    private static Operation By(string owner, double start, double end) => Get(start, end, 1, "1") with { Owner = owner };

    private static RunHistory Busy(int writes, int seconds)
    {
        var step = seconds / (double)(writes + 1);
        var history = Run(
            [.. Enumerable.Range(1, writes).Select(i => Put(i * step, (i + 0.5) * step, $"{i}", i)), Get(seconds, seconds + 1, writes, $"{writes}")]);
        history.Traffic = new TrafficSpan(0, seconds * 1_000_000);
        return history;
    }

    private static void Finds(string text, IEnumerable<Finding> findings) =>
        Assert.Contains(findings, finding => finding.Kind == FindingKind.Violation && finding.Text.Contains(text, StringComparison.Ordinal));
}
