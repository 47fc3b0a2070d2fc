"""python -m transfer_opt"""

from transfer_opt.cli.main import main

if __name__ == "__main__":  # a process started beside this one imports the module again
    main()
