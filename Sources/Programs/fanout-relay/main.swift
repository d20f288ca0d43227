import FanoutRelayCommand

Program.main()
