using System.CommandLine;
using KvStore.Bench.Data;
using KvStore.Bench.Peers;

namespace KvStore.Bench.CommandLine;

/// <summary><c>bare</c>: the endpoint that everything is compared with; the bench starts it itself.</summary>
internal static class BareCommand
{
    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "Where to listen.", Required = true };
        var bytes = new Option<int>("--value-bytes") { Description = "Size of the value that it answers.", DefaultValueFactory = _ => BenchValues.SmallBytes };
        var command = new Command(BarePeer.Command, "Serves the bare endpoint.") { url, bytes };
        command.Hidden = true;
        command.SetAction((arguments, _) => BareEndpoint.ServeAsync(arguments.GetValue(url)!, arguments.GetValue(bytes)));
        return command;
    }
}
