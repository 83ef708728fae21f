using System.CommandLine;
using KvStore.Bench.Peers;
using KvStore.Bench.Scenarios;

namespace KvStore.Bench.CommandLine;

/// <summary><c>list</c>: what can be chosen.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "Lists scenarios and peers.");
        command.SetAction(_ => Console.Out.Write(Text()));
        return command;
    }

    public static string Text() => string.Concat(
    [
        "Scenarios (--scenario):\n",
        .. AllScenarios.List.Select(scenario =>
            $"  {scenario.Name,-20} {scenario.What}\n  {"",-20} {string.Join(' ', scenario.Peers.Select(peer => peer.Token()))}\n"),
        "Peers (--peer):\n",
        .. PeerKinds.All.Select(peer => $"  {peer.Token(),-20} {peer.Title()}\n"),
    ]);
}
