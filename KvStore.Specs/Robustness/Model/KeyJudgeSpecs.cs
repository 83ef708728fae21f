using CsCheck;
using KvStore.Specs.Robustness.History;

namespace KvStore.Specs.Robustness.Model;

public sealed class KeyJudgeSpecs
{
    [Fact]
    public void Whatever_a_single_copy_can_do_has_an_explanation() =>
        RandomKeyHistories.True.Sample(
            history =>
            {
                Assert.True(BruteForce.CanExplain(history));
                Assert.Equal(Explanation.Found, KeyJudge.Judge(history).Explanation);
            },
            iter: 3_000,
            print: Print);

    [Fact]
    public void There_is_an_explanation_exactly_where_trying_all_orders_finds_one()
    {
        var found = 0;
        var none = 0;
        RandomKeyHistories.Faulty.Sample(
            history =>
            {
                var expected = BruteForce.CanExplain(history);
                Interlocked.Increment(ref expected ? ref found : ref none);
                Assert.Equal(expected ? Explanation.Found : Explanation.None, KeyJudge.Judge(history).Explanation);
            },
            iter: 30_000,
            print: Print);

        // Histories of one sort would show nothing.
        Assert.InRange(found, 2_000, int.MaxValue);
        Assert.InRange(none, 2_000, int.MaxValue);
    }

    [Fact]
    public void That_is_so_too_where_most_writes_have_no_answer() =>
        RandomKeyHistories.Silent.Sample(
            history => Assert.Equal(
                BruteForce.CanExplain(history) ? Explanation.Found : Explanation.None, KeyJudge.Judge(history).Explanation),
            iter: 4_000,
            print: Print);

    [Fact]
    public void The_operations_that_are_reported_have_no_explanation_by_themselves() =>
        RandomKeyHistories.Faulty.Sample(
            history =>
            {
                if (KeyJudge.Judge(history) is { Explanation: Explanation.None, Window: { } window } judgement)
                {
                    Assert.Equal(Explanation.None, new KeySearch(new KeyFacts(window, judgement.Start), KeyJudge.DefaultMaxSteps).Run());
                    if (judgement.Start == KeyStart.Beginning)
                    {
                        Assert.False(BruteForce.CanExplain(window));
                    }
                }
            },
            iter: 3_000,
            print: Print);

    private static string Print(KeyHistory history) => string.Join(
        '\n', history.Operations.Select(operation => OperationText.Of(operation)).Concat(history.Lines.Select(line => line.ToString())));
}
