using KvStore.Bench.Load;
using KvStore.Bench.Peers;
using KvStore.Bench.Report;
using KvStore.Bench.Support;

namespace KvStore.Bench.Runs;

/// <summary>A <see cref="WarmUp"/> of a peer under load.</summary>
internal static class WarmUpLoad
{
    /// <param name="load">What one turn does.</param>
    public static Task RunAsync(Peer peer, Func<Task<LoadResult>> load, int mostTurns = WarmUp.MostTurns) => WarmUp.RunAsync(
        async number =>
        {
            var (before, begun) = (peer.CompilerSeconds(), TimeProvider.System.GetTimestamp());
            var perSecond = (await load()).PerSecond;
            // The thread that compiles ends when there is nothing to do, and what it took is gone with it.
            var took = Math.Max(0, peer.CompilerSeconds() - before);
            var turn = new WarmUp.Turn(perSecond, took / TimeProvider.System.GetElapsedTime(begun).TotalSeconds);
            Progress.Say($"    turn {number}: {Numbers.Text(turn.PerSecond)} requests/s, {turn.Compiling:P0} of a core compiles");
            return turn;
        },
        mostTurns);
}
